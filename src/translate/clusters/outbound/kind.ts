/** Clusters of the services that a proxy may call: one per port, and one more per subset of a DestinationRule. */

import { anybody } from '../../../discovery/by-client.ts'
import type { ProxyIdentity } from '../../../discovery/proxy.ts'
import { type ScopeRequest, scopeKeyOf } from '../../../discovery/scope.ts'
import { outboundScopeOf } from '../../outbound-facet.ts'
import { listOutbound, type OutboundSeed, ruledApart } from '../../outbound-names.ts'
import type { ResourceKind } from '../../resource-kind.ts'
import { clusterType } from '../../type-urls.ts'
import { encodeOutboundCluster } from './encode.ts'
import type { AddressFamily, OutboundClusterIr } from './ir.ts'
import { resolveOutboundCluster } from './resolve.ts'

export interface OutboundClustersFacet {
  readonly kind: 'outbound-clusters'
  readonly scope: ScopeRequest
  /** Which addresses the proxy can reach: DNS clusters ask for these. */
  readonly family: AddressFamily
}

export const outboundClustersKind: ResourceKind<OutboundClustersFacet, OutboundSeed, OutboundClusterIr> = {
  name: 'outbound-clusters',
  typeUrl: clusterType,
  facetOf: (proxy, facts) => ({
    kind: 'outbound-clusters',
    scope: outboundScopeOf(proxy, facts),
    family: addressFamilyOf(proxy),
  }),
  keyOf: facet => `${scopeKeyOf(facet.scope)}|${facet.family}`,
  scopeOf: facet => facet.scope,
  membersOf: (facet, facts) => facts.scopes.get(scopeKeyOf(facet.scope))?.services ?? [],
  sharing: {
    anybodyOf: facet => ({ ...facet, scope: { namespace: anybody } }),
    namespaceOf: ({ scope }) => scope.namespace,
    exceptionsOf: ruledApart,
  },
  *list({ scope }, facts, member) {
    const service = facts.services.get(member)
    if (service !== undefined) yield* listOutbound(facts, scope.namespace, service)
  },
  resolve: ({ family }, name, seed, facts) => resolveOutboundCluster(family, name, seed, facts),
  encode: encodeOutboundCluster,
}

export function addressFamilyOf({ ipAddresses }: Pick<ProxyIdentity, 'ipAddresses'>): AddressFamily {
  const v6 = ipAddresses.filter(address => address.includes(':')).length
  if (v6 === 0) return 'ipv4'
  return v6 === ipAddresses.length ? 'ipv6' : 'both'
}
