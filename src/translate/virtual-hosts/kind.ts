/**
 * Virtual hosts one at a time, for Envoys on delta. A resource's name and the host's own name are both
 * `ROUTE-CONFIGURATION/HOST:PORT`: Envoy finds the route configuration by the part before the last `/`, and silently
 * ignores the removal of a host whose inner name differs.
 */

import { encodeMessage } from '../envoy-messages.ts'
import type { PlannedHost } from '../outbound/hosts.ts'
import type { RoutePlan } from '../outbound/plan.ts'
import { routedApart, togetherApart } from '../outbound/routed-apart.ts'
import { type OutboundView, outboundViewKey, outboundViewOf, viewOfAnybody } from '../outbound/view.ts'
import { ruledApart } from '../outbound-names.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { virtualHostType } from '../type-urls.ts'
import { encodeVirtualHost } from './encode.ts'
import type { VirtualHostIr } from './ir.ts'
import { virtualHostOf } from './resolve.ts'

export interface VirtualHostSeed extends PlannedHost {
  readonly route: string
}

export interface RoutedVirtualHost {
  readonly kind: 'routed-virtual-host'
  readonly route: string
  readonly host: VirtualHostIr
}

export const virtualHostsKind: ResourceKind<OutboundView, VirtualHostSeed, RoutedVirtualHost> = {
  name: 'virtual-hosts',
  typeUrl: virtualHostType,
  facetOf: (proxy, facts) => (proxy.variant === 'delta' ? outboundViewOf(proxy, facts) : undefined),
  keyOf: outboundViewKey,
  scopeOf: view => view.scope,
  viewOf: view => view,
  // A member is a virtual host as planned: the same plan means the same to all who have no routes or rules of their own.
  *membersOf(view, facts) {
    for (const route of facts.outboundPlans.get(outboundViewKey(view))?.routes ?? []) {
      // A route configuration of one host carries it itself.
      if (route.kind === 'shared') for (const host of route.hosts) yield memberOf(host, route)
    }
  },
  sharing: {
    anybodyOf: () => viewOfAnybody,
    namespaceOf: ({ scope }) => scope.namespace,
    exceptionsOf(member, facts) {
      const { service } = seedOf(member)
      // Its DestinationRule may say what is hashed.
      return togetherApart([routedApart(service, facts), ruledApart(service, facts)])
    },
  },
  list(_view, _facts, member) {
    const seed = seedOf(member)
    return [[`${seed.route}/${seed.name}`, seed]]
  },
  resolve(view, _name, seed, facts) {
    const host = virtualHostOf(view, seed, facts)
    return host === undefined ? undefined : { kind: 'routed-virtual-host', route: seed.route, host }
  },
  encode: ({ route, host }) => encodeMessage('envoy.config.route.v3.VirtualHost', encodeVirtualHost(host, `${route}/`)),
}

/** Planned hosts are immutable, each of one route, and the same for many views. */
const members = new WeakMap<PlannedHost, string>()

function memberOf(host: PlannedHost, route: RoutePlan): string {
  const member = members.get(host) ?? JSON.stringify({ ...host, route: route.name } satisfies VirtualHostSeed)
  members.set(host, member)
  return member
}

/** Sound: what `memberOf` wrote. */
const seedOf = (member: string): VirtualHostSeed => JSON.parse(member) as VirtualHostSeed
