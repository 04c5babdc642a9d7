/** Whose traffic a match of a VirtualService is for: the fields that its matches of requests and of connections share. */

import { field, list, map, optional, text } from '../schema/fields.ts'

/** Whether Gateways are named, and not only the sidecars. */
export function isBeyondMesh(gateways: readonly string[]): boolean {
  return gateways.some(gateway => gateway !== 'mesh')
}

export const matchClients = {
  sourceLabels: field('Labels that the calling workload must have.', optional(map(text(63), 'label')), {
    default: 'every workload',
    notInForce: 'a match that names labels is taken by nobody',
    notInForceIf: labels => Object.keys(labels).length > 0,
  }),
  gateways: field("Where the match is for, in place of the object's `gateways`.", optional(list(text(512), 256)), {
    default: "the object's `gateways`",
    notInForce: 'of several places only `mesh` is served',
    notInForceIf: isBeyondMesh,
  }),
}
