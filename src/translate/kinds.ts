/** Every kind of resource that is translated. */

import { inboundClustersKind } from './clusters/inbound/kind.ts'
import { outboundClustersKind } from './clusters/outbound/kind.ts'
import { passthroughClustersKind } from './clusters/passthrough/kind.ts'
import { endpointsKind } from './endpoints/kind.ts'
import type { AnyResourceKind } from './resource-kind.ts'

export const resourceKinds: readonly AnyResourceKind[] = [
  outboundClustersKind,
  inboundClustersKind,
  passthroughClustersKind,
  endpointsKind,
]
