/** Reading collections: lists page by page at one revision, and watches. */

import { formatRole } from '../../admin/access/role.ts'
import type { RouteAnswer } from '../../admin/routes/route.ts'
import type { ObjectStatus } from '../../config/object-status.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import type { ObjectId } from '../../config/store/config-store.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { ApiParts } from '../api-parts.ts'
import type { JsonObject } from '../json-value.ts'
import { objectAt } from '../json-value.ts'
import type { Accepted } from '../media-type.ts'
import { revisionFrom } from '../objects/authored-object.ts'
import { isSecret, shownObject } from '../objects/shown-object.ts'
import { type IncludeObject, partialMetadata, type TableRow, tableOf } from '../objects/table.ts'
import { parseFieldSelector } from '../selectors/field-selector.ts'
import { type Labels, parseLabelSelector } from '../selectors/label-selector.ts'
import { watchEvents } from '../watch/watch-events.ts'
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

interface Page {
  readonly at?: number
  readonly after?: ObjectId
  readonly limit?: number
  /** With the objects of files that were refused. */
  readonly withRefused?: boolean
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

export function listOrWatch(parts: ApiParts, collection: ObjectRequest): RouteAnswer {
  return flagFrom(collection.request.query, 'watch') ? watch(parts, collection) : list(parts, collection)
}

function list(parts: ApiParts, collection: ObjectRequest): RouteAnswer {
  const { query } = collection.request
  const accepted = acceptedBy(collection.request)
  const given = limitFrom(query)
  const token = query.get('continue') ?? ''
  const page = token === '' ? startOf(parts, query) : continueFrom(token, collection)
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
  return encoded(listDocument(parts, collection, accepted, { entries, metadata }), accepted)
}

/** The rest of a list whose revision is not kept any more may still be read as it is now: the refusal says from where. */
function goingOn(page: Page, collected: () => Collected): Collected {
  try {
    return collected()
  } catch (thrown) {
    const error = errorFrom(thrown)
    if (error.code !== 'REVISION_COMPACTED' || page.after === undefined) throw thrown
    throw new MeshwrightError('REVISION_COMPACTED', {
      message: error.message,
      remedy: 'List again, or go on with the token of this answer: what changed in between is then seen in part.',
      facts: { ...error.facts, continue: continueToken(undefined, page.after, page.withRefused === true) },
    })
  }
}

/** 0 is no limit, as in Kubernetes. */
function limitFrom(query: URLSearchParams): number | undefined {
  const limit = countFrom(query, 'limit')
  return limit === 0 ? undefined : limit
}

interface Listed {
  readonly entries: readonly ConfigEntry[]
  readonly metadata: JsonObject
}

function listDocument(
  parts: ApiParts,
  collection: ObjectRequest,
  { representation }: Accepted,
  listed: Listed,
): JsonObject {
  const { served } = collection
  const { entries, metadata } = listed
  const rows = entries.map(entry => rowOf(collection, entry))
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
): TableRow {
  const object = shownObject(entry, { served, role: request.caller.role, status }, last?.object)
  return { entry, status, object }
}

/** Throws `REQUEST_INVALID`. */
export function includeFrom({ request }: ObjectRequest): IncludeObject {
  const given = request.query.get('includeObject')
  if (given === null || given === '') return 'Metadata'
  if (given === 'Metadata' || given === 'Object' || given === 'None') return given
  throw invalidQuery('includeObject', 'Metadata, Object or None')
}

/**
 * Where a list begins: `resourceVersionMatch=Exact` reads an earlier state, everything else the newest, which is not older
 * than any revision that a caller can know. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
function startOf({ access }: ApiParts, query: URLSearchParams): Page {
  const match = query.get('resourceVersionMatch') ?? ''
  const given = query.get('resourceVersion') ?? ''
  if (!['', 'Exact', 'NotOlderThan'].includes(match))
    throw invalidQuery('resourceVersionMatch', 'Exact or NotOlderThan')
  if (match !== '' && given === '') throw invalidQuery('resourceVersion', 'beside resourceVersionMatch a revision')
  const at = revisionFrom(given)
  if (match === 'Exact') {
    if (at === undefined) throw invalidQuery('resourceVersion', 'for Exact a revision other than 0')
    return { at }
  }
  if (at !== undefined && at > access.revision()) throw tooNew(at, access.revision())
  return { withRefused: true }
}

const tooNew = (revision: number, newest: number): MeshwrightError =>
  new MeshwrightError('REVISION_UNKNOWN', {
    message: `Too large resource version: ${revision}, current: ${newest}`,
    retryAfterMs: 1000,
  })

/** `at` undefined: the newest revision, whichever that is then. */
const continueToken = (at: number | undefined, { namespace, name }: ObjectId, withRefused: boolean): string =>
  Buffer.from(JSON.stringify({ at, namespace, name, withRefused })).toString('base64url')

function continueFrom(token: string, { served }: ObjectRequest): Page {
  const fault = invalidQuery('continue', 'what a list has answered')
  let read: { at?: unknown; namespace?: unknown; name?: unknown; withRefused?: unknown }
  try {
    read = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as typeof read
  } catch {
    throw fault
  }
  const { at, namespace, name, withRefused } = read ?? {}
  if (
    (at !== undefined && !(typeof at === 'number' && Number.isSafeInteger(at))) ||
    typeof namespace !== 'string' ||
    typeof name !== 'string'
  ) {
    throw fault
  }
  return {
    ...(at === undefined ? {} : { at }),
    after: { kind: served.kind.name, namespace, name },
    withRefused: withRefused === true,
  }
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
