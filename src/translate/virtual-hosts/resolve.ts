/** The virtual host of a service's port, and the catch-all of a route configuration. */

import type { TrackedFacts } from '../../discovery/facts.ts'
import { scopeKeyOf } from '../../discovery/scope.ts'
import type { MeshService } from '../../discovery/service.ts'
import { meshOf } from '../../discovery/sources.ts'
import { virtualServiceFor } from '../../discovery/virtual-service.ts'
import type { PlannedHost } from '../outbound/hosts.ts'
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
  const { namespace } = view.scope
  const virtualService = virtualServiceFor(facts, namespace, service)
  const routes =
    virtualService === undefined || (virtualService.spec.http ?? []).length === 0
      ? [plainRoute(view, service, host.port, facts)]
      : httpRoutes(virtualService, {
          view,
          facts,
          namespace: virtualService.metadata.namespace,
          port: host.port,
        })
  return { kind: 'virtual-host', name: host.name, domains: host.domains, routes }
}

/**
 * What no host of a route configuration claims. Without redirection there is no original destination to pass it on to,
 * so that it is refused whatever the policy.
 */
export function catchAllOf(view: OutboundView, facts: TrackedFacts): VirtualHostIr {
  const policy = facts.scopes.get(scopeKeyOf(view.scope))?.outboundTrafficPolicy ?? 'REGISTRY_ONLY'
  return policy === 'ALLOW_ANY' && view.mode !== 'NONE' ? allowAny : blockAll
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
