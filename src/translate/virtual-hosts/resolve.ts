/** The virtual host of a service's port, and the catch-all of a route configuration. */

import type { TrackedFacts } from '../../discovery/facts.ts'
import { scopeKeyOf } from '../../discovery/scope.ts'
import type { MeshService } from '../../discovery/service.ts'
import { meshOf } from '../../discovery/sources.ts'
import { virtualServiceFor } from '../../discovery/virtual-service.ts'
import type { PlannedHost } from '../outbound/hosts.ts'
import type { RoutePlan } from '../outbound/plan.ts'
import type { OutboundView } from '../outbound/view.ts'
import { outboundClusterName } from '../outbound-names.ts'
import { hashPolicyOf } from './hash-policy.ts'
import { httpRoutes } from './http-routes.ts'
import { everything, type ForwardAction, noChanges, type RouteAction, type RouteIr, type VirtualHostIr } from './ir.ts'
import { retryFrom } from './retry.ts'

/** Undefined when the service has gone. */
export function virtualHostOf(view: OutboundView, host: PlannedHost, facts: TrackedFacts): VirtualHostIr | undefined {
  const service = facts.services.get(host.service)
  if (service === undefined) return undefined
  const virtualService = virtualServiceFor(facts, view.scope.namespace, service)
  const ruled =
    virtualService === undefined
      ? []
      : httpRoutes(virtualService, { view, facts, namespace: virtualService.metadata.namespace, port: host.port })
  // Rules none of which is for this client and port say nothing about it.
  const routes = ruled.length > 0 ? ruled : [plainRoute(view, service, host.port, facts)]
  return { kind: 'virtual-host', name: host.name, domains: host.domains, routes }
}

/** What no host of a route configuration claims. */
export function catchAllOf(view: OutboundView, rest: RoutePlan['rest'], facts: TrackedFacts): VirtualHostIr {
  if (rest === 'refused') return blockAll
  return facts.scopes.get(scopeKeyOf(view.scope))?.outboundTrafficPolicy === 'ALLOW_ANY' ? allowAny : blockAll
}

function plainRoute(view: OutboundView, service: MeshService, port: number, facts: TrackedFacts): RouteIr {
  const retry = retryFrom(undefined, meshOf(facts).defaultHttpRetryPolicy)
  return route('default', {
    ...forwardTo(outboundClusterName(port, '', service.hostname)),
    ...(retry === undefined ? {} : { retry }),
    hash: hashPolicyOf(facts, view.scope.namespace, service, port),
  })
}

const forwardTo = (cluster: string): ForwardAction => ({
  kind: 'forward',
  clusters: [{ cluster, weight: 1, requestHeaders: noChanges, responseHeaders: noChanges }],
  timeoutMs: 0,
  mirrors: [],
  hash: [],
})

const route = (name: string, action: RouteAction): RouteIr => ({
  name,
  match: everything,
  action,
  requestHeaders: noChanges,
  responseHeaders: noChanges,
})

const catchAll = (name: string, action: RouteAction): VirtualHostIr => ({
  kind: 'virtual-host',
  name,
  domains: ['*'],
  routes: [route(name, action)],
})

const allowAny = Object.freeze(catchAll('allow_any', forwardTo('PassthroughCluster')))
const blockAll = Object.freeze(catchAll('block_all', { kind: 'respond', status: 502 }))
