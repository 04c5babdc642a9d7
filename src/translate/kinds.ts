/** Every kind of resource that is translated. */

import { inboundClustersKind } from './clusters/inbound/kind.ts'
import { outboundClustersKind } from './clusters/outbound/kind.ts'
import { passthroughClustersKind } from './clusters/passthrough/kind.ts'
import { endpointsKind } from './endpoints/kind.ts'
import { extensionConfigsKind } from './extension-configs/kind.ts'
import { inboundEndpointsKind } from './inbound-endpoints/kind.ts'
import { inboundListenersKind } from './listeners/inbound/kind.ts'
import { outboundListenersKind } from './listeners/outbound/kind.ts'
import type { AnyResourceKind } from './resource-kind.ts'
import { revocationKind } from './revocation/kind.ts'
import { routesKind } from './routes/kind.ts'
import { virtualHostsKind } from './virtual-hosts/kind.ts'

export const resourceKinds: readonly AnyResourceKind[] = [
  outboundClustersKind,
  inboundClustersKind,
  passthroughClustersKind,
  endpointsKind,
  inboundEndpointsKind,
  outboundListenersKind,
  inboundListenersKind,
  routesKind,
  virtualHostsKind,
  extensionConfigsKind,
  revocationKind,
]
