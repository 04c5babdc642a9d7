/** What Envoy takes from a resource beside using it: the names of other resources that it will ask for or rely on. */

import { createHash } from 'node:crypto'
import { decodeExpanded } from '../../src/translate/envoy-messages.ts'
import type { Json } from '../../src/translate/message-json.ts'
import { typeUrls } from '../../src/xds/type-rules.ts'

export interface EnvoyResource {
  readonly name: string
  /** Equal for equal bytes. */
  readonly content: string
  /** Clusters that its routes and TCP proxies forward to. */
  readonly clusters: readonly string[]
  /** The assignment that a cluster takes its endpoints from. */
  readonly assignments: readonly string[]
  readonly routes: readonly string[]
  /** Filters that come by discovery. */
  readonly filters: readonly string[]
  /** A route configuration whose other virtual hosts come by themselves. */
  readonly followsHosts: boolean
}

/** Cost: decodes each distinct message once in the process. */
export function envoyResource(typeUrl: string, bytes: Uint8Array): EnvoyResource {
  const content = createHash('sha256').update(typeUrl).update(bytes).digest('hex')
  let resource = read.get(content)
  if (resource === undefined) {
    resource = resourceFrom(typeUrl, content, decodeExpanded(typeUrl, bytes))
    read.set(content, resource)
  }
  return resource
}

const read = new Map<string, EnvoyResource>()

function resourceFrom(typeUrl: string, content: string, json: Json): EnvoyResource {
  const { name = '', clusterName = '', type = '', edsClusterConfig, vhds } = fieldsOf(json)
  const found = { clusters: new Set<string>(), routes: new Set<string>(), filters: new Set<string>() }
  if (typeUrl !== typeUrls.cluster && typeUrl !== typeUrls.endpoint) collect(json, found)
  const ownName = String(typeUrl === typeUrls.endpoint ? clusterName : name)
  const serviceName = fieldsOf(edsClusterConfig).serviceName
  return {
    name: ownName,
    content,
    clusters: [...found.clusters].sort(),
    assignments: typeUrl === typeUrls.cluster && type === 'EDS' ? [String(serviceName ?? ownName)] : [],
    routes: [...found.routes].sort(),
    filters: [...found.filters].sort(),
    followsHosts: vhds !== undefined,
  }
}

interface Found {
  readonly clusters: Set<string>
  readonly routes: Set<string>
  readonly filters: Set<string>
}

function collect(json: Json | undefined, found: Found): void {
  if (Array.isArray(json)) {
    for (const item of json) collect(item, found)
    return
  }
  const fields = fieldsOf(json)
  // RouteAction, RequestMirrorPolicy and TcpProxy.
  if (typeof fields.cluster === 'string') found.clusters.add(fields.cluster)
  for (const one of listOf(fieldsOf(fields.weightedClusters).clusters)) {
    const { name } = fieldsOf(one)
    if (typeof name === 'string') found.clusters.add(name)
  }
  const { routeConfigName } = fieldsOf(fields.rds)
  if (typeof routeConfigName === 'string') found.routes.add(routeConfigName)
  if (fields.configDiscovery !== undefined && typeof fields.name === 'string') found.filters.add(fields.name)
  for (const value of Object.values(fields)) collect(value, found)
}

function fieldsOf(json: Json | undefined): { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as { [key: string]: Json }) : {}
}

function listOf(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? json : []
}
