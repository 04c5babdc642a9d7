import { casesOf, type RuleTable } from '../rule-cases.ts'

export const workloadEntryRules: RuleTable = {
  kind: 'WorkloadEntry',
  examples: ['spec: {address: 10.0.0.1, serviceAccount: a}'],
  apiVersion: 'networking.istio.io/v1beta1',
  cases: [
    { rule: 'there is no address', refused: 'spec: {}', accepted: 'spec: {network: vm}', field: 'spec.address' },
    {
      rule: 'the address is none',
      refused: 'spec: {address: "10.0.0.1:80"}',
      accepted: 'spec: {address: 10.0.0.1}',
      field: 'spec.address',
    },
    {
      rule: 'a port is out of range',
      refused: 'spec: {address: 10.0.0.1, ports: {http: 70000}}',
      accepted: 'spec: {address: 10.0.0.1, ports: {http: 7000}}',
      field: 'spec.ports.http',
    },
    {
      rule: 'a socket has ports',
      refused: 'spec: {address: "unix:///s", ports: {http: 1}}',
      accepted: 'spec: {address: "unix:///s"}',
      field: 'spec.ports',
    },
    {
      rule: 'the locality has four parts',
      refused: 'spec: {address: a, locality: a/b/c/d}',
      accepted: 'spec: {address: a, locality: a/b/c}',
      field: 'spec.locality',
      warns: true,
    },
    {
      rule: 'a label value is a number',
      refused: 'spec: {address: a, labels: {version: 1}}',
      accepted: 'spec: {address: a, labels: {version: "1"}}',
      field: 'spec.labels.version',
    },
    {
      rule: 'the weight is negative',
      refused: 'spec: {address: a, weight: -1}',
      accepted: 'spec: {address: a, weight: 0}',
      field: 'spec.weight',
    },
    ...casesOf(
      'spec: {□}',
      { rule: 'the address is empty', refused: 'address: ""', accepted: 'address: a', field: 'spec.address' },
      {
        rule: 'the path of a socket is empty',
        refused: 'address: unix:///',
        accepted: 'address: unix:///a',
        field: 'spec.address',
      },
      {
        rule: 'it is reached through a gateway alone',
        warns: true,
        refused: 'network: n',
        accepted: 'network: n, address: a',
        field: 'spec.address',
      },
    ),
  ],
}
