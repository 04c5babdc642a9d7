/** Where the endpoints of outbound clusters are: one assignment per cluster that takes them from here. */

import { anybody } from '../../discovery/by-client.ts'
import { type ScopeRequest, scopeKeyOf } from '../../discovery/scope.ts'
import { outboundScopeOf } from '../outbound-facet.ts'
import { listOutbound, type OutboundSeed, ruledApart } from '../outbound-names.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { endpointType } from '../type-urls.ts'
import { encodeAssignment } from './encode.ts'
import type { AssignmentIr } from './ir.ts'
import { resolveAssignment } from './resolve.ts'

export interface EndpointsFacet {
  readonly kind: 'endpoints'
  readonly scope: ScopeRequest
}

export const endpointsKind: ResourceKind<EndpointsFacet, OutboundSeed, AssignmentIr> = {
  name: 'endpoints',
  typeUrl: endpointType,
  facetOf: (proxy, facts) => ({ kind: 'endpoints', scope: outboundScopeOf(proxy, facts) }),
  keyOf: facet => `${scopeKeyOf(facet.scope)}`,
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
  resolve: (_facet, name, seed, facts) => resolveAssignment(name, seed, facts),
  encode: encodeAssignment,
}
