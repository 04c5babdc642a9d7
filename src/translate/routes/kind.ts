/** Outbound route configurations: one per listener that speaks HTTP, named by its port, its bind, or its only host. */

import { type OutboundView, outboundViewKey, outboundViewOf } from '../outbound/view.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { routeType } from '../type-urls.ts'
import { encodeRouteConfiguration } from './encode.ts'
import type { RouteConfigurationIr } from './ir.ts'
import { type RouteSeed, routeConfigurationOf } from './resolve.ts'

export interface RouteFacet {
  readonly view: OutboundView
  readonly variant: 'delta' | 'sotw'
}

export const routesKind: ResourceKind<RouteFacet, RouteSeed, RouteConfigurationIr> = {
  name: 'routes',
  typeUrl: routeType,
  facetOf: (proxy, facts) => ({ view: outboundViewOf(proxy, facts), variant: proxy.variant }),
  keyOf: ({ view, variant }) => `${outboundViewKey(view)}|${variant}`,
  scopeOf: ({ view }) => view.scope,
  viewOf: ({ view }) => view,
  *list({ view, variant }, facts) {
    for (const plan of facts.outboundPlans.get(outboundViewKey(view))?.routes ?? []) {
      // Envoy would wait without end for the hosts of a route configuration that has none.
      const pushed = variant === 'delta' && plan.kind === 'shared' && plan.hosts.length > 0
      yield [plan.name, pushed ? { plan: { ...plan, hosts: [] }, otherHosts: 'pushed' } : { plan, otherHosts: 'none' }]
    }
  },
  resolve: ({ view }, _name, seed, facts) => routeConfigurationOf(view, seed, facts),
  encode: encodeRouteConfiguration,
}
