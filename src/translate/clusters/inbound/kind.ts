/**
 * Clusters by which a sidecar hands over what arrives for its workload: one per workload port. The facet is what the
 * workload serves, not who it is, so that all replicas of a deployment share.
 */

import type { ResourceKind } from '../../resource-kind.ts'
import { clusterType } from '../../type-urls.ts'
import { encodeInboundCluster } from './encode.ts'
import type { InboundClusterIr } from './ir.ts'
import { type InboundPort, inboundPortsOf } from './ports.ts'
import { resolveInboundCluster } from './resolve.ts'

export interface InboundClustersFacet {
  readonly kind: 'inbound-clusters'
  readonly ports: readonly InboundPort[]
}

export const inboundClustersKind: ResourceKind<InboundClustersFacet, InboundPort, InboundClusterIr> = {
  name: 'inbound-clusters',
  typeUrl: clusterType,
  facetOf: (proxy, facts) => ({ kind: 'inbound-clusters', ports: inboundPortsOf(proxy, facts) }),
  keyOf: ({ ports }) => ports.map(({ port, protocol, target }) => `${port}/${protocol}/${target}`).join(','),
  list: ({ ports }) => ports.map(port => [inboundClusterName(port.port), port]),
  resolve: (_facet, name, port, facts) => resolveInboundCluster(name, port, facts),
  encode: encodeInboundCluster,
}

export function inboundClusterName(port: number): string {
  return `inbound|${port}||`
}
