/** The names of xDS types as users type them, singular or plural, as istioctl's `proxy-config` has them. */

import { MeshwrightError } from './errors.ts'

/** In the order of a push. */
export const resourceTypes = [
  'clusters',
  'endpoints',
  'listeners',
  'routes',
  'virtual-hosts',
  'extension-configs',
  'secrets',
] as const

export type ResourceType = (typeof resourceTypes)[number]

const typeUrlOf: Readonly<Record<ResourceType, string>> = {
  clusters: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoints: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listeners: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  routes: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  'virtual-hosts': 'type.googleapis.com/envoy.config.route.v3.VirtualHost',
  'extension-configs': 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
  secrets: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
}

export function typeUrlFor(type: ResourceType): string {
  return typeUrlOf[type]
}

/** The short name, or the type URL itself when it has none here. */
export function shortTypeOf(typeUrl: string): string {
  return resourceTypes.find(type => typeUrlOf[type] === typeUrl) ?? typeUrl
}

/** `all`, or one type, singular or plural. Throws `RESOURCE_TYPE_UNKNOWN`. */
export function typesFor(text: string): readonly ResourceType[] {
  if (text === 'all') return resourceTypes
  const found = resourceTypes.find(type => type === text || type === `${text}s`)
  if (found !== undefined) return [found]
  throw new MeshwrightError('RESOURCE_TYPE_UNKNOWN', {
    message: `there is no resource type ${JSON.stringify(text)}`,
    remedy: `Use all, ${resourceTypes.map(type => type.slice(0, -1)).join(', ')}.`,
  })
}
