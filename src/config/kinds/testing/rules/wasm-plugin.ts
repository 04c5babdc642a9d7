import type { RuleTable } from '../rule-cases.ts'
import { selectionCases, singleTargetCases } from './policy-selection.ts'
import { moduleCases, trafficCases, wholeModule } from './wasm-module.ts'

export const wasmPluginRules: RuleTable = {
  kind: 'WasmPlugin',
  apiVersion: 'extensions.istio.io/v1alpha1',
  examples: [
    `spec: {selector: {matchLabels: {a: b}}, ${wholeModule}, phase: AUTHN, priority: -1, match: [{mode: SERVER, ports: [{number: 1}]}]}`,
    'spec: {targetRef: {kind: Gateway, group: gateway.networking.k8s.io, name: a, namespace: ""}, url: /a}',
    'spec: {targetRefs: [{kind: Service, group: core, name: a}], url: "docker.io/a:1"}',
  ],
  cases: [
    ...selectionCases('url: a, '),
    ...singleTargetCases('url: a, '),
    ...moduleCases('spec: {□}', 'spec'),
    ...trafficCases('url: a, '),
  ],
}
