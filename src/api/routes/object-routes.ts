/** The endpoints of objects and collections: the same for every kind, below `/api/v1` and `/apis/GROUP/VERSION`. */

import type { Route, RouteRequest } from '../../admin/routes/route.ts'
import type { ApiParts } from '../api-parts.ts'
import { revisionFrom } from '../objects/authored-object.ts'
import { partialMetadata, tableOf } from '../objects/table.ts'
import { refuse } from '../refuse.ts'
import { includeFrom, listOrWatch, rowOf } from './collections.ts'
import {
  acceptedBy,
  auditSecret,
  encoded,
  notFound,
  type ObjectRequest,
  objectIdOf,
  objectRequest,
} from './object-request.ts'
import { create, patch, remove, removeCollection, replace } from './writes.ts'

/** The largest object is 1 MiB; a patch of one, with what it says of managers, somewhat more. */
const bodyLimitBytes = 2 * 1024 * 1024

const common = { side: 'management', refuse } as const
const reading = { ...common, method: 'GET', access: 'viewer', audit: 'no' } as const
const writing = { ...common, audit: 'yes', body: 'bytes', bodyLimitBytes } as const

export function objectRoutes(parts: ApiParts): readonly Route[] {
  return ['/api/v1', '/apis/:group/:version'].flatMap(prefix => [
    // Before what it would be mistaken for: the collection `status` in the namespace of that name.
    { ...reading, path: `${prefix}/:plural/:name/status`, handle: on(request => readOne(parts, request)) },
    ...collectionRoutes(parts, `${prefix}/:plural`, 'admin'),
    ...collectionRoutes(parts, `${prefix}/namespaces/:namespace/:plural`, 'editor'),
  ])
}

function collectionRoutes(parts: ApiParts, path: string, access: 'admin' | 'editor'): readonly Route[] {
  const one = `${path}/:name`
  const write = { ...writing, access } as const
  return [
    { ...reading, path, handle: on(request => listOrWatch(parts, request)) },
    { ...write, method: 'POST', path, handle: on(request => create(parts, request)) },
    { ...write, method: 'DELETE', path, handle: on(request => removeCollection(parts, request)) },
    { ...reading, path: one, handle: on(request => readOne(parts, request)) },
    { ...write, method: 'PUT', path: one, handle: on(request => replace(parts, request)) },
    { ...write, method: 'PATCH', path: one, handle: on(request => patch(parts, request)) },
    { ...write, method: 'DELETE', path: one, handle: on(request => remove(parts, request)) },
    ...(access === 'editor'
      ? [{ ...reading, path: `${one}/status`, handle: on(request => readOne(parts, request)) } as const]
      : []),
    { ...reading, path: `${one}/history`, handle: on(request => history(parts, request)) },
  ]
}

type Handle = Route['handle']

const on =
  (handle: (request: ObjectRequest) => ReturnType<Handle>): Handle =>
  (_daemon, request: RouteRequest) =>
    handle(objectRequest(request))

/** At an earlier revision with `resourceVersion` and `resourceVersionMatch=Exact`. */
function readOne(parts: ApiParts, target: ObjectRequest) {
  const { request, served } = target
  const accepted = acceptedBy(request)
  const isExact = request.query.get('resourceVersionMatch') === 'Exact'
  const at = isExact ? revisionFrom(request.query.get('resourceVersion')) : undefined
  const id = objectIdOf(target)
  const entry = parts.access.get(id, at)
  if (entry?.object === undefined) throw notFound(id, served)
  auditSecret(target, [id])
  const row = rowOf(target, entry, undefined, at === undefined ? parts.statusOf(id) : undefined)
  const metadata = { resourceVersion: String(entry.revision) }
  switch (accepted.representation) {
    case 'table':
      return encoded(
        tableOf([row], { served, include: includeFrom(target), nowMs: parts.clock.now(), metadata }),
        accepted,
      )
    case 'metadata':
      return encoded(partialMetadata(row.object), accepted)
    case 'object':
      return encoded(row.object, accepted)
  }
}

/** Every version that is kept, the newest first, deletions among them. */
function history(parts: ApiParts, target: ObjectRequest) {
  const id = objectIdOf(target)
  const versions = parts.access.history(id)
  if (versions.length === 0) throw notFound(id, target.served)
  auditSecret(target, [id])
  return encoded(
    {
      kind: 'ObjectHistory',
      apiVersion: 'config.meshwright.io/v1',
      metadata: { resourceVersion: String(parts.access.revision()) },
      versions: versions.map((entry, index) => ({
        revision: entry.revision,
        generation: entry.generation,
        changedAt: new Date(entry.changedAtMs).toISOString(),
        changedBy: entry.changedBy,
        state: entry.state,
        ...(entry.object === undefined ? {} : { object: rowOf(target, entry, versions[index + 1]).object }),
      })),
    },
    acceptedBy(target.request),
  )
}
