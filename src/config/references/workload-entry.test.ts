import { type ReferenceCase, testReferences } from './testing/reference-cases.ts'

const group = (template: string, metadata = ''): string =>
  `WorkloadGroup shop/vms: spec: {${metadata}template: ${template}}`
const entry =
  'ServiceEntry shop/vm: spec: {hosts: [vm.example.com], ports: [{number: 80, name: http}], resolution: STATIC, workloadSelector: {labels: {app: vm}}}'

const cases: readonly ReferenceCase[] = [
  {
    title: 'no service selects what is made from a WorkloadGroup',
    code: 'ENTRY_UNUSED',
    around: [group('{labels: {version: v1}}', 'metadata: {labels: {app: vm}}, ')],
    faulty: 'Service team/vm: spec: {selector: {app: vm}, ports: [{port: 80}]}',
    sound: 'Service shop/vm: spec: {selector: {app: vm, version: v1}, ports: [{port: 80}]}',
    at: 'WorkloadGroup shop/vms spec.metadata.labels',
  },
  {
    title: 'the service account of a WorkloadGroup is not there',
    code: 'ACCOUNT_NOT_FOUND',
    around: [
      entry,
      'WorkloadEntry shop/a: spec: {address: 10.0.0.1, labels: {app: vm}}',
      'ServiceAccount team/a: automountServiceAccountToken: true',
    ],
    faulty: group('{labels: {app: vm}, serviceAccount: vm}'),
    sound: [
      group('{labels: {app: vm}, serviceAccount: vm}'),
      'ServiceAccount shop/vm: automountServiceAccountToken: true',
    ],
    at: 'WorkloadGroup shop/vms spec.template.serviceAccount',
  },
  {
    title: 'the service account of a WorkloadEntry is not there; where none is known nothing is said',
    code: 'ACCOUNT_NOT_FOUND',
    around: [entry, 'WorkloadEntry shop/a: spec: {address: 10.0.0.1, labels: {app: vm}, serviceAccount: vm}'],
    faulty: 'ServiceAccount team/vm: automountServiceAccountToken: true',
    sound: [],
    at: 'WorkloadEntry shop/a spec.serviceAccount',
  },
  {
    title: 'two Telemetries are for a whole namespace: both are told',
    code: 'SELECTOR_CONFLICT',
    around: ['Telemetry shop/a: spec: {}'],
    faulty: 'Telemetry shop/b: spec: {}',
    sound: 'Telemetry shop/b: spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: b}]}',
    at: ['Telemetry shop/a spec', 'Telemetry shop/b spec'],
  },
  {
    title: 'two ProxyConfigs have one selector: both are told',
    code: 'SELECTOR_CONFLICT',
    around: ['Pod shop/a: {app: a}', 'ProxyConfig shop/a: spec: {selector: {matchLabels: {app: a}}, concurrency: 1}'],
    faulty: 'ProxyConfig shop/b: spec: {selector: {matchLabels: {app: a}}, concurrency: 2}',
    sound: 'ProxyConfig shop/b: spec: {concurrency: 2}',
    at: ['ProxyConfig shop/a spec.selector', 'ProxyConfig shop/b spec.selector'],
  },
  {
    title: 'a DestinationRule selects no workload of its namespace',
    code: 'SELECTS_NOTHING',
    around: ['Pod team/a: {app: a}', 'Pod shop/b: {app: b}', entry.replace('app: vm', 'app: b')],
    faulty:
      'DestinationRule shop/r: spec: {host: vm.example.com, exportTo: ["."], workloadSelector: {matchLabels: {app: a}}}',
    sound:
      'DestinationRule shop/r: spec: {host: vm.example.com, exportTo: ["."], workloadSelector: {matchLabels: {app: b}}}',
    at: 'DestinationRule shop/r spec.workloadSelector.matchLabels',
  },
]

testReferences(cases)
