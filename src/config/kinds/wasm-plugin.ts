/** extensions.istio.io WasmPlugin: a WebAssembly module in the proxies of workloads. */

import { enumeration, field, message, optional, type Value } from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkPolicySelection, policySelection } from './policy-selection.ts'
import { checkTrafficMatch, checkWasmModule, extensionPlace, wasmModule } from './wasm-module.ts'

const spec = message(
  {
    ...policySelection,
    ...wasmModule,
    phase: field(
      'Before what the plugin comes: authentication, authorization, or statistics.',
      optional(enumeration({ UNSPECIFIED_PHASE: 0, AUTHN: 1, AUTHZ: 2, STATS: 3 })),
      { default: 'at the end, right before the request is routed' },
    ),
    ...extensionPlace,
  },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
)

export type WasmPluginSpec = Value<typeof spec>

export const wasmPlugin = defineKind({
  name: 'WasmPlugin',
  description: 'A WebAssembly module that the proxies of workloads run.',
  plural: 'wasmplugins',
  shortNames: [],
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'no proxy is given a module yet',
  check({ spec }, report) {
    checkPolicySelection(spec, report)
    checkWasmModule(spec, 'spec', report)
    checkTrafficMatch(spec.match ?? [], report)
  },
})
