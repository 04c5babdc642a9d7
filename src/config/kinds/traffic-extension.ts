/** extensions.istio.io TrafficExtension: a WebAssembly module or a script of Lua in the proxies of workloads. */

import { enumeration, field, message, optional, requiredText, ruled, type Value } from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkPolicySelection, selector, targetRefs } from './policy-selection.ts'
import { checkTrafficMatch, checkWasmModule, extensionPlace, wasmModule } from './wasm-module.ts'

const spec = ruled(
  message(
    {
      selector,
      targetRefs,
      phase: field(
        'Before what the extension comes: authentication, authorization, or statistics.',
        optional(enumeration({ UNSPECIFIED: 0, AUTHN: 1, AUTHZ: 2, STATS: 3 })),
        { default: 'at the end, right before the request is routed' },
      ),
      ...extensionPlace,
      wasm: field('A WebAssembly module.', optional(message(wasmModule))),
      lua: field(
        'A script of Lua.',
        optional(
          message({
            inlineCode: field('The script, with `envoy_on_request` or `envoy_on_response`.', requiredText(65_536)),
          }),
        ),
      ),
    },
    {
      exclusive: [
        ['selector', 'targetRefs'],
        ['wasm', 'lua'],
      ],
    },
  ),
  {
    cel: 'has(self.wasm) || has(self.lua)',
    holds: ({ wasm, lua }) => wasm !== undefined || lua !== undefined,
    reason: 'names neither wasm nor lua',
    remedy: 'add one of the two',
  },
)

export type TrafficExtensionSpec = Value<typeof spec>

export const trafficExtension = defineKind({
  name: 'TrafficExtension',
  description: 'A WebAssembly module or a script of Lua that the proxies of workloads run.',
  plural: 'trafficextensions',
  shortNames: [],
  group: 'extensions.istio.io',
  versions: ['v1alpha1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'no proxy is given an extension yet',
  check({ spec }, report) {
    checkPolicySelection(spec, report)
    if (spec.wasm !== undefined) checkWasmModule(spec.wasm, 'spec.wasm', report)
    checkTrafficMatch(spec.match ?? [], report)
  },
})
