/** Reading collections: lists page by page at one revision, and watches. */

import { formatRole } from '../../admin/access/role.ts'
import type { RouteAnswer } from '../../admin/routes/route.ts'
import type { ObjectStatus } from '../../config/object-status.ts'
import { isMeshKind } from '../../config/openapi/object-schema.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import type { ObjectId } from '../../config/store/config-store.ts'
import type { ApiParts } from '../api-parts.ts'
import type { JsonObject } from '../json-value.ts'
import { objectAt } from '../json-value.ts'
import type { Accepted } from '../media-type.ts'
import { revisionFrom } from '../objects/authored-object.ts'
import type { ListedProxies } from '../objects/object-status-view.ts'
import { isSecret, shownObject } from '../objects/shown-object.ts'
import { type IncludeObject, partialMetadata, type TableRow, tableOf } from '../objects/table.ts'
import { parseFieldSelector } from '../selectors/field-selector.ts'
import { type Labels, parseLabelSelector } from '../selectors/label-selector.ts'
import { watchEvents } from '../watch/watch-events.ts'
import { continueFrom, continueToken, goingOn, type Page, startOf } from './list-pages.ts'
import {
  acceptedBy,
  auditSecret,
  countFrom,
  encoded,
  flagFrom,
  invalidQuery,
  type ObjectRequest,
} from './object-request.ts'

/** An entry with an object. */
export type Selected = (entry: ConfigEntry) => boolean

export interface Collected {
  readonly revision: number
  readonly entries: readonly ConfigEntry[]
  readonly next?: ObjectId
}

const pageSize = 500
const mostAtOnce = 10_000

/** Throws `REQUEST_INVALID`. */
export function selectedBy(collection: ObjectRequest): Selected {
  const { request, served } = collection
  const byLabels = parseLabelSelector(request.query.get('labelSelector') ?? '')
  const byFields = parseFieldSelector(served.kind.name, request.query.get('fieldSelector') ?? '')
  return entry => {
    const object = entry.object ?? {}
    const metadata = objectAt(object, 'metadata') ?? {}
    if (!byLabels((objectAt(metadata, 'labels') ?? {}) as Labels)) return false
    const { name, namespace } = entry
    return byFields({ ...object, metadata: { ...metadata, name, namespace } })
  }
}

/** All that is selected, or a page of it. Cost: what is looked at. */
export function collect(
  { access }: ApiParts,
  { served, namespace }: ObjectRequest,
  selected: Selected,
  page: Page = {},
): Collected {
  const entries: ConfigEntry[] = []
  const limit = Math.min(page.limit ?? mostAtOnce, mostAtOnce)
  let { at, after } = page
  for (;;) {
    const found = access.list({
      kind: served.kind.name,
      ...(namespace === undefined ? {} : { namespace }),
      limit: pageSize,
      withRefused: page.withRefused ?? false,
      ...(at === undefined ? {} : { at }),
      ...(after === undefined ? {} : { after }),
    })
    at = found.revision
    for (const entry of found.entries) {
      after = entry
      if (!selected(entry)) continue
      if (entries.length === limit) {
        const { kind, namespace: of, name } = entries.at(-1) as ConfigEntry
        return { revision: at, entries, next: { kind, namespace: of, name } }
      }
      entries.push(entry)
    }
    if (found.next === undefined) return { revision: at, entries }
    after = found.next
  }
}

export function listOrWatch(parts: ApiParts, collection: ObjectRequest): RouteAnswer | Promise<RouteAnswer> {
  return flagFrom(collection.request.query, 'watch') ? watch(parts, collection) : list(parts, collection)
}

async function list(parts: ApiParts, collection: ObjectRequest): Promise<RouteAnswer> {
  const { query } = collection.request
  const accepted = acceptedBy(collection.request)
  const given = limitFrom(query)
  const token = query.get('continue') ?? ''
  const page = token === '' ? startOf(parts.access, query) : continueFrom(token, collection)
  const selected = selectedBy(collection)
  const found = goingOn(page, () =>
    collect(parts, collection, selected, { ...page, ...(given === undefined ? {} : { limit: given }) }),
  )
  const { entries, revision, next } = found
  auditSecret(collection, entries)
  const metadata = {
    resourceVersion: String(revision),
    ...(next === undefined ? {} : { continue: continueToken(revision, next, page.withRefused === true) }),
  }
  const rows = await listRows(parts, collection, found, page.withRefused === true)
  return encoded(listDocument(parts, collection, accepted, { rows, metadata }), accepted)
}

/** 0 is no limit, as in Kubernetes. */
function limitFrom(query: URLSearchParams): number | undefined {
  const limit = countFrom(query, 'limit')
  return limit === 0 ? undefined : limit
}

/** With what is true of proxies now, unless the list is of the past. */
async function listRows(
  parts: ApiParts,
  collection: ObjectRequest,
  { entries }: Collected,
  isOfNow: boolean,
): Promise<readonly TableRow[]> {
  const asks = isOfNow && isMeshKind(collection.served.kind)
  const proxies = asks ? await parts.proxiesOf(entries) : []
  return entries.map((entry, index) =>
    rowOf(collection, entry, undefined, undefined, asks ? (proxies[index] ?? 'not looked at') : undefined),
  )
}

interface Listed {
  readonly rows: readonly TableRow[]
  readonly metadata: JsonObject
}

function listDocument(
  parts: ApiParts,
  collection: ObjectRequest,
  { representation }: Accepted,
  listed: Listed,
): JsonObject {
  const { served } = collection
  const { rows, metadata } = listed
  switch (representation) {
    case 'table':
      return tableOf(rows, { served, include: includeFrom(collection), nowMs: parts.clock.now(), metadata })
    case 'metadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: rows.map(({ object }) => partialMetadata(object)),
      }
    case 'object':
      return {
        kind: `${served.kind.name}List`,
        apiVersion: served.apiVersion,
        metadata,
        items: rows.map(({ object }) => object),
      }
  }
}

export function rowOf(
  { request, served }: ObjectRequest,
  entry: ConfigEntry,
  last: ConfigEntry | undefined = undefined,
  status: ObjectStatus | undefined = undefined,
  proxies: ListedProxies = undefined,
): TableRow {
  const object = shownObject(entry, { served, role: request.caller.role, status, proxies }, last?.object)
  return { entry, status, proxies, object }
}

/** Throws `REQUEST_INVALID`. */
export function includeFrom({ request }: ObjectRequest): IncludeObject {
  const given = request.query.get('includeObject')
  if (given === null || given === '') return 'Metadata'
  if (given === 'Metadata' || given === 'Object' || given === 'None') return given
  throw invalidQuery('includeObject', 'Metadata, Object or None')
}

/** Whose Secrets the caller sees whole: a part of what it is shown. */
function secretsOf({ request, served }: ObjectRequest): string {
  const { role } = request.caller
  return isSecret(served) && role !== undefined ? formatRole(role) : ''
}

const usualWatchMs = 30 * 60_000
const longestWatchMs = 24 * 3_600_000

function watch(parts: ApiParts, collection: ObjectRequest): RouteAnswer {
  const { request, served, namespace } = collection
  const { query } = request
  const { representation } = acceptedBy(request)
  const selected = selectedBy(collection)
  const sendsInitial = query.has('sendInitialEvents') ? flagFrom(query, 'sendInitialEvents') : undefined
  const given = revisionFrom(query.get('resourceVersion'))
  // Without a revision a watch begins with what is there, as in Kubernetes.
  const wantsInitial = sendsInitial ?? given === undefined
  const initial = wantsInitial ? collect(parts, collection, selected) : undefined
  const from = initial?.revision ?? given ?? parts.access.revision()
  // Thrown here it is the answer's status; later it would be an event.
  parts.feed.since(from)
  const bookmarks = flagFrom(query, 'allowWatchBookmarks')
  const timeoutSeconds = countFrom(query, 'timeoutSeconds') ?? 0
  const isOfKind = (entry: ConfigEntry): boolean =>
    entry.kind === served.kind.name && (namespace === undefined || entry.namespace === namespace)
  auditSecret(collection, [{ kind: served.kind.name, namespace: namespace ?? '*', name: '*' }])
  const table = (rows: Parameters<typeof tableOf>[0], metadata: JsonObject): JsonObject =>
    tableOf(rows, { served, include: includeFrom(collection), nowMs: parts.clock.now(), metadata })
  return {
    status: 200,
    contentType: 'application/json;stream=watch',
    body: watchEvents({
      feed: parts.feed,
      clock: parts.clock,
      from,
      initial: initial?.entries ?? [],
      isOfKind,
      concerns: entry => entry.object !== undefined && selected(entry),
      bookmarks,
      markInitial: sendsInitial === true && bookmarks,
      timeoutMs: timeoutSeconds === 0 ? usualWatchMs : Math.min(timeoutSeconds * 1000, longestWatchMs),
      signal: request.signal,
      view: [served.apiVersion, representation, includeFrom(collection), secretsOf(collection)].join(' '),
      show(entry, last) {
        const row = rowOf(collection, entry, last)
        if (representation === 'table') return table([row], { resourceVersion: String(entry.revision) })
        return representation === 'metadata' ? partialMetadata(row.object) : row.object
      },
      bookmark(revision, annotations) {
        const metadata = {
          resourceVersion: String(revision),
          ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        }
        if (representation === 'table') return table([], metadata)
        return representation === 'metadata'
          ? partialMetadata({ metadata })
          : { kind: served.kind.name, apiVersion: served.apiVersion, metadata }
      },
    }),
  }
}
