/** What differs between resource types: order on a stream, what an empty subscription means, what state of the world means. */

const prefix = 'type.googleapis.com/'

export const typeUrls = {
  cluster: `${prefix}envoy.config.cluster.v3.Cluster`,
  endpoint: `${prefix}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  listener: `${prefix}envoy.config.listener.v3.Listener`,
  route: `${prefix}envoy.config.route.v3.RouteConfiguration`,
  scopedRoute: `${prefix}envoy.config.route.v3.ScopedRouteConfiguration`,
  virtualHost: `${prefix}envoy.config.route.v3.VirtualHost`,
  extension: `${prefix}envoy.config.core.v3.TypedExtensionConfig`,
  secret: `${prefix}envoy.extensions.transport_sockets.tls.v3.Secret`,
} as const

/**
 * Make before break, after https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations.
 * No type waits for another's ACK, so a listener that warms until it has its extension configurations and secrets gets
 * them right behind it.
 */
const order: readonly string[] = [
  typeUrls.cluster,
  typeUrls.endpoint,
  typeUrls.listener,
  typeUrls.route,
  typeUrls.scopedRoute,
  typeUrls.virtualHost,
  typeUrls.extension,
  typeUrls.secret,
]

export interface TypeRule {
  readonly typeUrl: string
  /** Lower goes first; types that nothing is known about share the last place. */
  readonly order: number
  /** What a first request without names subscribes to; `scopes`: the children of the route configurations subscribed. */
  readonly emptySubscription: 'wildcard' | 'nothing' | 'scopes'
  /** A state-of-the-world response holds every resource, and one that is absent from it is removed. */
  readonly wholeState: boolean
  /** Whether a removal may be told; Envoy keeps the last extension configuration, and a filter must not vanish from a chain. */
  readonly tellsRemovals: boolean
  /** The resource may name clusters: it goes after new clusters, and before removed ones. */
  readonly namesClusters: boolean
}

const namesClusters: ReadonlySet<string> = new Set([
  typeUrls.listener,
  typeUrls.route,
  typeUrls.scopedRoute,
  typeUrls.virtualHost,
  typeUrls.extension,
])

const emptyMeansNothing: ReadonlySet<string> = new Set([
  typeUrls.endpoint,
  typeUrls.route,
  typeUrls.scopedRoute,
  typeUrls.extension,
  typeUrls.secret,
])

export function typeRule(typeUrl: string): TypeRule {
  const place = order.indexOf(typeUrl)
  return {
    typeUrl,
    order: place < 0 ? order.length : place,
    emptySubscription:
      typeUrl === typeUrls.virtualHost ? 'scopes' : emptyMeansNothing.has(typeUrl) ? 'nothing' : 'wildcard',
    wholeState: typeUrl === typeUrls.cluster || typeUrl === typeUrls.listener,
    tellsRemovals: typeUrl !== typeUrls.extension,
    namesClusters: namesClusters.has(typeUrl),
  }
}
