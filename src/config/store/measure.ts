/** What an object counts for in the quotas, and when two of its versions have one spec. */

import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, Usage } from './config-store.ts'

export const noUsage: Usage = Object.freeze({ objects: 0, routes: 0, bytes: 0 })

/** `text` is the object as JSON. */
export function measured(object: JsonObject, text: string): Usage {
  return { objects: 1, routes: routesOf(object), bytes: Buffer.byteLength(text) }
}

export const sumOf = (a: Usage, b: Usage): Usage => ({
  objects: a.objects + b.objects,
  routes: a.routes + b.routes,
  bytes: a.bytes + b.bytes,
})

export const differenceOf = (a: Usage, b: Usage): Usage => ({
  objects: a.objects - b.objects,
  routes: a.routes - b.routes,
  bytes: a.bytes - b.bytes,
})

/** Everything but identity, metadata and status: what the generation counts. */
export function hasSameSpec(a: JsonObject, b: JsonObject): boolean {
  return isDeepStrictEqual(specOf(a), specOf(b))
}

function specOf({ apiVersion: _version, kind: _kind, metadata: _metadata, status: _status, ...spec }: JsonObject) {
  return spec
}

/** A match of a VirtualService's route becomes a route of its own in Envoy. */
function routesOf({ kind, spec }: JsonObject): number {
  if (kind !== 'VirtualService' || typeof spec !== 'object' || spec === null) return 0
  const { http, tls, tcp } = spec as Readonly<Record<string, unknown>>
  return [http, tls, tcp].flatMap(list => (Array.isArray(list) ? list : [])).reduce<number>(addRoute, 0)
}

function addRoute(sum: number, route: unknown): number {
  const match: unknown = typeof route === 'object' && route !== null && 'match' in route ? route.match : undefined
  return sum + Math.max(1, Array.isArray(match) ? match.length : 0)
}
