/** Where the endpoints of outbound clusters are: one assignment per cluster that takes them from here. */

import { anybody } from '../../discovery/by-client.ts'
import { type ScopeRequest, scopeKeyOf } from '../../discovery/scope.ts'
import { outboundScopeOf } from '../outbound-facet.ts'
import { listOutbound, type OutboundSeed, ruledApart } from '../outbound-names.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { endpointType } from '../type-urls.ts'
import { encodeAssignment } from './encode.ts'
import type { AssignmentIr } from './ir.ts'
import { type Reach, reachKey, reachOf } from './reach.ts'
import { resolveAssignment } from './resolve.ts'

export interface EndpointsFacet {
  readonly kind: 'endpoints'
  readonly scope: ScopeRequest
  /** Absent: everything is called directly. */
  readonly reach?: Reach
}

export const endpointsKind: ResourceKind<EndpointsFacet, OutboundSeed, AssignmentIr> = {
  name: 'endpoints',
  typeUrl: endpointType,
  facetOf(proxy, facts) {
    const reach = reachOf(proxy, facts)
    const scope = outboundScopeOf(proxy, facts)
    return reach === undefined ? { kind: 'endpoints', scope } : { kind: 'endpoints', scope, reach }
  },
  keyOf: ({ scope, reach }) => `${scopeKeyOf(scope)}${reachKey(reach)}`,
  scopeOf: facet => facet.scope,
  membersOf: (facet, facts) => facts.scopes.get(scopeKeyOf(facet.scope))?.services ?? [],
  sharing: {
    anybodyOf: facet => ({ ...facet, scope: { namespace: anybody } }),
    namespaceOf: ({ scope }) => scope.namespace,
    exceptionsOf: ruledApart,
  },
  *list({ scope }, facts, member) {
    const service = facts.services.get(member)
    if (service?.resolution === 'eds') yield* listOutbound(facts, scope.namespace, service)
  },
  resolve: ({ reach }, name, seed, facts) => resolveAssignment(name, seed, { facts, reach }),
  encode: encodeAssignment,
}
