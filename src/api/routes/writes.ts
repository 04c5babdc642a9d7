/** Changing one object: create, replace, patch, apply and delete. Each is one transaction of the configuration. */

import type { RouteAnswer } from '../../admin/routes/route.ts'
import type { Problem } from '../../config/problem.ts'
import type { Applied, ConfigEntry } from '../../config/store/config-access.ts'
import type { JsonObject, ObjectId } from '../../config/store/config-store.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { ApiParts } from '../api-parts.ts'
import { type Change, serverSideApply, updateOwnership } from '../apply/server-side-apply.ts'
import { parseJsonText, parseYamlText } from '../json-text.ts'
import { isObject, objectAt } from '../json-value.ts'
import { type Accepted, bodyType, unsupportedBody } from '../media-type.ts'
import { type AuthoredObject, authoredObject, revisionFrom } from '../objects/authored-object.ts'
import { generatedName } from '../objects/generated-name.ts'
import { timestamp } from '../objects/shown-object.ts'
import { partialMetadata, tableOf } from '../objects/table.ts'
import { patchers } from '../patch/patchers.ts'
import type { Status } from '../refuse.ts'
import { collect, includeFrom, rowOf, selectedBy } from './collections.ts'
import { deleteOptionsFrom } from './delete-options.ts'
import { bodyFrom, textOf } from './object-body.ts'
import {
  acceptedBy,
  encoded,
  flagFrom,
  formatSubject,
  invalidQuery,
  isDryRun,
  notFound,
  type ObjectRequest,
  objectIdOf,
  withWarnings,
} from './object-request.ts'

const mostTries = 8
const longestWaitMs = 1000

export async function create(parts: ApiParts, collection: ObjectRequest): Promise<RouteAnswer> {
  const { request, served, namespace = '' } = collection
  const accepted = acceptedBy(request)
  const place = { served, namespace, name: undefined }
  const authored = authoredObject(bodyFrom(collection), place, prefix => generatedName(prefix, parts.random))
  const id = { kind: served.kind.name, namespace, name: authored.name }
  if (authored.resourceVersion !== undefined) {
    throw new MeshwrightError('REQUEST_INVALID', {
      message: 'resourceVersion: must not be set on objects to be created',
    })
  }
  const object = updateOwnership(changeOf(parts, collection, undefined), authored.object)
  const applied = await commit(parts, collection, { id, object, expectedRevision: 0 }).catch((thrown: unknown) => {
    const error = errorFrom(thrown)
    throw error.code === 'REVISION_CONFLICT' ? alreadyExists(id, served.kind.plural) : error
  })
  return shown(parts, collection, accepted, applied, 201)
}

export async function replace(parts: ApiParts, target: ObjectRequest): Promise<RouteAnswer> {
  const accepted = acceptedBy(target.request)
  const { served, namespace = '', name } = target
  const authored = authoredObject(bodyFrom(target), { served, namespace, name })
  return retrying(parts, target, authored.resourceVersion, async () => {
    const live = liveOf(parts, target)
    if (live === undefined) throw notFound(objectIdOf(target), served)
    requireSameUid(live, authored.uid)
    const object = updateOwnership(changeOf(parts, target, live), keepingManagers(authored.object, live))
    const expectedRevision = authored.resourceVersion ?? live.revision
    return shown(
      parts,
      target,
      accepted,
      await commit(parts, target, { id: objectIdOf(target), object, expectedRevision }),
    )
  })
}

export async function patch(parts: ApiParts, target: ObjectRequest): Promise<RouteAnswer> {
  const { request, served } = target
  const type = bodyType(request.headers['content-type'])
  if (type === 'application/apply-patch+yaml') return apply(parts, target)
  const patcher = patchers.get(type)
  if (patcher === undefined) {
    throw unsupportedBody(request.headers['content-type'], [...patchers.keys(), 'application/apply-patch+yaml'])
  }
  const accepted = acceptedBy(request)
  const document = parseJsonText(textOf(request.body))
  // A patch that names a revision wants that one and no other.
  const wanted = isObject(document) ? revisionFrom(objectAt(document, 'metadata')?.resourceVersion) : undefined
  return retrying(parts, target, wanted, async () => {
    const live = liveOf(parts, target)
    if (live === undefined) throw notFound(objectIdOf(target), served)
    const before = rowOf(target, live).object
    const patched = patcher(before, document, served.kind.name)
    const { object, resourceVersion, uid } = authoredFrom(patched, target)
    requireSameUid(live, uid)
    const owned = updateOwnership(changeOf(parts, target, live), object)
    const expectedRevision = resourceVersion ?? live.revision
    return shown(
      parts,
      target,
      accepted,
      await commit(parts, target, { id: objectIdOf(target), object: owned, expectedRevision }),
    )
  })
}

async function apply(parts: ApiParts, target: ObjectRequest): Promise<RouteAnswer> {
  const { request, served } = target
  const { query } = request
  const accepted = acceptedBy(request)
  const manager = query.get('fieldManager') ?? ''
  if (manager === '') throw invalidQuery('fieldManager', 'for apply, the name of the manager')
  const force = flagFrom(query, 'force')
  const { object: wanted, resourceVersion, uid } = authoredFrom(parseYamlText(textOf(request.body)), target)
  if (objectAt(wanted, 'metadata')?.managedFields !== undefined) {
    throw new MeshwrightError('REQUEST_INVALID', {
      message: 'metadata.managedFields: must not be set in what is applied',
    })
  }
  return retrying(parts, target, resourceVersion, async () => {
    const live = liveOf(parts, target)
    if (live !== undefined) requireSameUid(live, uid)
    const object = serverSideApply(changeOf(parts, target, live), wanted, force)
    const expectedRevision = resourceVersion ?? live?.revision ?? 0
    const applied = await commit(parts, target, {
      id: objectIdOf(target),
      object: { ...object, apiVersion: served.apiVersion, kind: served.kind.name },
      expectedRevision,
    })
    return shown(parts, target, accepted, applied, live === undefined ? 201 : 200)
  })
}

/** The body may hold preconditions. */
export async function remove(parts: ApiParts, target: ObjectRequest): Promise<RouteAnswer> {
  const accepted = acceptedBy(target.request)
  const { served } = target
  const options = deleteOptionsFrom(target)
  const id = objectIdOf(target)
  return retrying(parts, target, options.resourceVersion, async () => {
    const live = liveOf(parts, target)
    if (live === undefined) throw notFound(id, served)
    requireSameUid(live, options.uid)
    const expectedRevision = options.resourceVersion ?? live.revision
    const applied = await commit(parts, target, { id, object: undefined, expectedRevision }, options.dryRun)
    const status: Status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: id.name, group: served.group, kind: served.kind.plural, uid: live.uid },
      code: 200,
    }
    return withWarnings(encoded(status, accepted), applied.warnings, id)
  })
}

/** All that the selectors pick, as one transaction. */
export async function removeCollection(parts: ApiParts, collection: ObjectRequest): Promise<RouteAnswer> {
  const { request, served } = collection
  const accepted = acceptedBy(request)
  const { dryRun } = deleteOptionsFrom(collection)
  const { entries } = collect(parts, collection, selectedBy(collection))
  const doomed = entries.map(({ kind, namespace, name, revision }) => ({ kind, namespace, name, revision }))
  let warnings: readonly Problem[] = []
  if (doomed.length > 0) {
    request.audit(doomed.map(formatSubject))
    const applied = await parts.access.apply({
      writes: doomed.map(({ revision, ...id }) => ({ ...id, object: undefined, expectedRevision: revision })),
      changedBy: request.caller.id,
      dryRun: dryRun || isDryRun(request.query),
      origin: 'request',
    })
    warnings = applied.warnings
  }
  const list = {
    kind: `${served.kind.name}List`,
    apiVersion: served.apiVersion,
    metadata: { resourceVersion: String(parts.access.revision()) },
    items: entries.map(entry => rowOf(collection, entry).object),
  }
  return withWarnings(encoded(list, accepted), warnings, undefined)
}

function authoredFrom(body: unknown, { served, namespace = '', name }: ObjectRequest): AuthoredObject {
  return authoredObject(body, { served, namespace, name })
}

/** A replacement that does not speak of managers leaves them as they are. */
function keepingManagers(object: JsonObject, live: ConfigEntry): JsonObject {
  const metadata = objectAt(object, 'metadata') ?? {}
  const managedFields = objectAt(live.object ?? {}, 'metadata')?.managedFields
  if (metadata.managedFields !== undefined || managedFields === undefined) return object
  return { ...object, metadata: { ...metadata, managedFields } }
}

function liveOf({ access }: ApiParts, target: ObjectRequest): ConfigEntry | undefined {
  const found = access.get(objectIdOf(target))
  return found?.object === undefined ? undefined : found
}

function changeOf({ clock }: ApiParts, { request, served }: ObjectRequest, live: ConfigEntry | undefined): Change {
  const named = request.query.get('fieldManager') ?? ''
  // As in Kubernetes, what comes before the slash in the name of the program.
  const program = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? ''
  const manager = named === '' ? program : named
  if (!/^[\x20-\x7e]{1,128}$/.test(manager)) throw invalidQuery('fieldManager', '1 to 128 printable characters')
  return {
    kind: served.kind.name,
    live: live?.object,
    manager,
    apiVersion: served.apiVersion,
    now: timestamp(clock.now()),
  }
}

interface OneWrite {
  readonly id: ObjectId
  readonly object: JsonObject | undefined
  readonly expectedRevision: number
}

async function commit(
  { access }: ApiParts,
  { request }: ObjectRequest,
  write: OneWrite,
  dryRun = false,
): Promise<Applied> {
  const { id, object, expectedRevision } = write
  request.audit([formatSubject(id)])
  return access.apply({
    writes: [{ ...id, object, expectedRevision }],
    changedBy: request.caller.id,
    dryRun: dryRun || isDryRun(request.query),
    origin: 'request',
  })
}

function shown(
  parts: ApiParts,
  target: ObjectRequest,
  accepted: Accepted,
  applied: Applied,
  status = 200,
): RouteAnswer {
  const [entry] = applied.entries
  if (entry === undefined) throw new MeshwrightError('INTERNAL', { message: 'a write without an entry' })
  const row = rowOf(target, entry)
  const metadata = { resourceVersion: String(entry.revision) }
  const document =
    accepted.representation === 'table'
      ? tableOf([row], { served: target.served, include: includeFrom(target), nowMs: parts.clock.now(), metadata })
      : accepted.representation === 'metadata'
        ? partialMetadata(row.object)
        : row.object
  return withWarnings(encoded(document, accepted, status), applied.warnings, entry)
}

/** Whoever named no revision lost a race that it did not know of: the change is made again on what is there now. */
async function retrying<T>(
  { access, feed, clock }: ApiParts,
  { request }: ObjectRequest,
  wanted: number | undefined,
  change: () => Promise<T>,
): Promise<T> {
  for (let left = wanted === undefined ? mostTries : 1; ; left--) {
    const seen = access.revision()
    try {
      return await change()
    } catch (thrown) {
      const { code, facts } = errorFrom(thrown)
      // One that is about the uid stays what it is.
      if (code !== 'REVISION_CONFLICT' || facts.expected === undefined || left <= 1) throw thrown
    }
    // The one that won may still be on its way to the disk, and is not to be read until it is there.
    const patience = new AbortController()
    const timer = clock.after(longestWaitMs, () => patience.abort())
    await feed.next(seen, AbortSignal.any([request.signal, patience.signal]))
    timer.cancel()
  }
}

function requireSameUid({ kind, namespace, name, uid }: ConfigEntry, wanted: string | undefined): void {
  if (wanted === undefined || wanted === uid) return
  throw new MeshwrightError('REVISION_CONFLICT', {
    message: `${formatSubject({ kind, namespace, name })} is another one: its uid is ${uid}`,
    facts: { kind, namespace, name },
  })
}

function alreadyExists({ name }: ObjectId, plural: string): MeshwrightError {
  return new MeshwrightError('OBJECT_EXISTS', {
    message: `${plural} ${JSON.stringify(name)} already exists`,
    facts: { kind: plural, name },
  })
}
