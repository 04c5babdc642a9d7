import { casesOf, type RuleTable } from '../rule-cases.ts'
import { selectionCases } from './policy-selection.ts'
import { moduleCases, trafficCases, wholeModule } from './wasm-module.ts'

export const trafficExtensionRules: RuleTable = {
  kind: 'TrafficExtension',
  apiVersion: 'extensions.istio.io/v1alpha1',
  examples: [
    `spec: {selector: {matchLabels: {a: b}}, wasm: {${wholeModule}}, phase: STATS, priority: 1, match: [{mode: CLIENT, ports: [{number: 1}]}]}`,
    'spec: {targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: a, namespace: ""}], lua: {inlineCode: a}}',
  ],
  cases: [
    ...selectionCases('lua: {inlineCode: a}, '),
    ...moduleCases('spec: {wasm: {□}}', 'spec.wasm'),
    ...trafficCases('lua: {inlineCode: a}, '),
    ...casesOf(
      'spec: {□}',
      {
        rule: 'it has both sorts of code',
        refused: 'lua: {inlineCode: a}, wasm: {url: a}',
        accepted: 'wasm: {url: a}',
        field: 'spec.lua',
      },
      { rule: 'it has no code', refused: 'priority: 1', accepted: 'priority: 1, wasm: {url: a}', field: 'spec' },
      {
        rule: 'the script is empty',
        refused: 'lua: {inlineCode: ""}',
        accepted: 'lua: {inlineCode: a}',
        field: 'spec.lua.inlineCode',
      },
    ),
  ],
}
