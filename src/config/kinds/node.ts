/** Kubernetes Node: where pods run; its labels give their locality. */

import { field, list, optional, requiredText, structure, text, type Value } from '../schema/fields.ts'
import { isIpAddress } from './host-syntax.ts'
import { defineKind } from './kind.ts'

const spec = structure({
  providerID: field("The cloud's name of the machine; the mesh does not use it.", optional(text(1024))),
})

const address = structure({
  type: field('`InternalIP`, `ExternalIP`, `Hostname` …', requiredText(64)),
  address: field('The address itself.', requiredText(255)),
})

const status = structure({
  addresses: field('Where the machine is reached; the mesh does not use it.', optional(list(address, 64))),
})

export type NodeSpec = Value<typeof spec>
export type NodeStatus = Value<typeof status>

export const node = defineKind({
  name: 'Node',
  description:
    'A machine on which pods run. The mesh reads its labels for the locality of the pods, and its addresses.',
  plural: 'nodes',
  shortNames: ['no'],
  group: '',
  versions: ['v1'],
  scope: 'cluster',
  body: 'spec',
  spec,
  status,
  check({ status }, report) {
    for (const [index, { type, address }] of (status?.addresses ?? []).entries()) {
      if ((type === 'InternalIP' || type === 'ExternalIP') && !isIpAddress(address)) {
        report.error(`status.addresses[${index}].address`, `${address} is not an IP address`)
      }
    }
  },
})
