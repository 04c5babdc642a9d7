/** The types that are translated, in the order in which they are made: what is referred to comes before what refers to it. */

const envoy = 'type.googleapis.com/envoy.'

export const clusterType = `${envoy}config.cluster.v3.Cluster`
export const endpointType = `${envoy}config.endpoint.v3.ClusterLoadAssignment`
export const listenerType = `${envoy}config.listener.v3.Listener`
export const routeType = `${envoy}config.route.v3.RouteConfiguration`
export const virtualHostType = `${envoy}config.route.v3.VirtualHost`
export const extensionConfigType = `${envoy}config.core.v3.TypedExtensionConfig`

export const typesInOrder: readonly string[] = [
  clusterType,
  endpointType,
  listenerType,
  routeType,
  virtualHostType,
  extensionConfigType,
]
