import { casesOf, type RuleTable } from '../rule-cases.ts'

export const proxyConfigRules: RuleTable = {
  kind: 'ProxyConfig',
  apiVersion: 'networking.istio.io/v1beta1',
  examples: [
    'spec: {selector: {matchLabels: {a: b}}, concurrency: 0, environmentVariables: {A: "1"}, image: {imageType: debug}}',
    'spec: {concurrency: null}',
  ],
  cases: [
    ...casesOf(
      'spec: {□}',
      {
        rule: 'its selector names no label',
        warns: true,
        refused: 'selector: {}',
        accepted: 'selector: {matchLabels: {a: b}}',
        field: 'spec.selector',
      },
      {
        rule: 'there are fewer threads than none',
        refused: 'concurrency: -1',
        accepted: 'concurrency: 0',
        field: 'spec.concurrency',
      },
      {
        rule: 'the name of a variable is none',
        refused: 'environmentVariables: {A=B: c}',
        accepted: 'environmentVariables: {A_B: c}',
        field: 'spec.environmentVariables.A=B',
      },
      {
        rule: 'a variable is too long',
        refused: `environmentVariables: {A: ${'a'.repeat(2049)}}`,
        accepted: `environmentVariables: {A: ${'a'.repeat(2048)}}`,
        field: 'spec.environmentVariables.A',
      },
    ),
  ],
}
