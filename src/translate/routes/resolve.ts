/** A route configuration with all its hosts, or with its catch-all alone where the hosts travel by themselves. */

import type { TrackedFacts } from '../../discovery/facts.ts'
import type { RoutePlan } from '../outbound/plan.ts'
import type { OutboundView } from '../outbound/view.ts'
import { catchAllOf, virtualHostOf } from '../virtual-hosts/resolve.ts'
import type { RouteConfigurationIr } from './ir.ts'

export interface RouteSeed {
  readonly plan: RoutePlan
  readonly otherHosts: 'pushed' | 'none'
}

export function routeConfigurationOf(
  view: OutboundView,
  { plan, otherHosts }: RouteSeed,
  facts: TrackedFacts,
): RouteConfigurationIr {
  const own = plan.hosts.flatMap(host => virtualHostOf(view, host, facts) ?? [])
  const catchAll = plan.kind === 'shared' ? [catchAllOf(view, plan.rest, facts)] : []
  return { kind: 'route-configuration', name: plan.name, hosts: [...own, ...catchAll], otherHosts }
}
