/** Several objects as one revision or not at all, and what is known of revisions. */

import type { Route, RouteAnswer, RouteRequest } from '../../admin/routes/route.ts'
import type { Applied, ConfigEntry } from '../../config/store/config-access.ts'
import { revisionConflict } from '../../config/store/config-errors.ts'
import type { Write } from '../../config/store/config-store.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { ApiParts } from '../api-parts.ts'
import { serverSideApply, updateOwnership } from '../apply/server-side-apply.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../json-value.ts'
import { authoredObject } from '../objects/authored-object.ts'
import { problemView } from '../objects/problem-view.ts'
import { shownObject, timestamp } from '../objects/shown-object.ts'
import { refuse } from '../refuse.ts'
import { type ServedKind, servedAs } from '../resources/served-kinds.ts'
import { bodyFrom } from '../routes/object-body.ts'
import { acceptedBy, encoded, flagFrom, isDryRun, withWarnings } from '../routes/object-request.ts'
import { bodyLimitBytes, requireList, transact } from './transact.ts'

export const ownGroup = 'config.meshwright.io'
export const ownVersion = 'v1'
const root = `/apis/${ownGroup}/${ownVersion}`

const operationNames = ['create', 'replace', 'put', 'apply', 'delete'] as const
type OperationName = (typeof operationNames)[number]

export function transactionRoutes(parts: ApiParts): readonly Route[] {
  const reading = { side: 'management', method: 'GET', access: 'viewer', audit: 'no', refuse } as const
  return [
    {
      side: 'management',
      method: 'POST',
      path: `${root}/transactions`,
      access: 'editor-of-each',
      audit: 'yes',
      body: 'bytes',
      bodyLimitBytes,
      refuse,
      handle: (_daemon, request) => operate(parts, request),
    },
    { ...reading, path: `${root}/revisions`, handle: (_daemon, request) => revisions(parts, request) },
  ]
}

async function operate(parts: ApiParts, request: RouteRequest): Promise<RouteAnswer> {
  const accepted = acceptedBy(request)
  const body = bodyFrom({ request })
  const operations = requireList(isObject(body) ? body.operations : undefined, 'operations')
  const manager = request.query.get('fieldManager') ?? 'meshwright'
  const force = flagFrom(request.query, 'force')
  const planned = operations.map((operation, index) => planOf(operation, `operations[${index}]`))
  const now = timestamp(parts.clock.now())
  const applied = await transact(parts, request, {
    list: 'operations',
    ids: planned.map(({ served, namespace, name }) => ({ kind: served.kind.name, namespace, name })),
    writes: () => planned.map(plan => writeOf(parts, plan, { manager, force, now })),
    dryRun: isDryRun(request.query),
  })
  return withWarnings(encoded(transactionView(request, planned, applied), accepted), applied.warnings, undefined)
}

interface Plan {
  readonly operation: OperationName
  readonly served: ServedKind
  readonly namespace: string
  readonly name: string
  /** Of a deletion undefined. */
  readonly object: JsonObject | undefined
  readonly resourceVersion: number | undefined
}

/** `object` whole, or for a deletion at least apiVersion, kind and metadata with name and namespace. */
function planOf(value: unknown, at: string): Plan {
  const { operation, object } = isObject(value) ? value : {}
  const named = operationNames.find(known => known === operation)
  if (named === undefined) throw invalid(`${at}.operation: one of ${operationNames.join(', ')} is needed`)
  if (!isObject(object)) throw invalid(`${at}.object: an object is needed`)
  const [apiVersion, kindName] = [textAt(object, 'apiVersion') ?? '', textAt(object, 'kind') ?? '']
  const served = servedAs(apiVersion, kindName)
  if (served === undefined)
    throw invalid(`${at}.object: there is no kind ${JSON.stringify(`${apiVersion}/${kindName}`)}`)
  const given = textAt(objectAt(object, 'metadata') ?? {}, 'namespace') ?? ''
  const namespace = served.kind.scope === 'cluster' ? '' : given === '' ? 'default' : given
  const {
    name,
    object: authored,
    resourceVersion,
  } = located(at, () => authoredObject(object, { served, namespace, name: undefined }))
  return {
    operation: named,
    served,
    namespace,
    name,
    object: named === 'delete' ? undefined : authored,
    resourceVersion,
  }
}

function located<T>(at: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof MeshwrightError ? invalid(`${at}.object: ${error.message}`) : error
  }
}

interface Manner {
  readonly manager: string
  readonly force: boolean
  readonly now: string
}

function writeOf({ access }: ApiParts, plan: Plan, { manager, force, now }: Manner): Write {
  const { operation, served, namespace, name, object, resourceVersion } = plan
  const id = { kind: served.kind.name, namespace, name }
  const found = access.get(id)
  const live = found?.object === undefined ? undefined : found
  if ((operation === 'replace' || operation === 'delete') && live === undefined) {
    throw revisionConflict(id, { expected: resourceVersion ?? 1, actual: 0 })
  }
  const expectedRevision = operation === 'create' ? 0 : (resourceVersion ?? live?.revision ?? 0)
  if (object === undefined) return { ...id, object, expectedRevision }
  const change = { kind: served.kind.name, live: live?.object, manager, apiVersion: served.apiVersion, now }
  const written = operation === 'apply' ? serverSideApply(change, object, force) : updateOwnership(change, object)
  return { ...id, object: { ...written, apiVersion: served.apiVersion, kind: served.kind.name }, expectedRevision }
}

function transactionView(
  { caller }: RouteRequest,
  planned: readonly Plan[],
  { revision, entries, warnings, effect }: Applied,
): JsonObject {
  const objectOf = (entry: ConfigEntry, served: ServedKind): JsonObject => {
    return shownObject(entry, { served, role: caller.role, status: undefined })
  }
  return {
    kind: 'Transaction',
    apiVersion: `${ownGroup}/${ownVersion}`,
    metadata: { resourceVersion: String(revision) },
    results: planned.map(({ operation, served }, index) => {
      const entry = entries[index] as ConfigEntry
      return {
        operation,
        changed: entry.revision === revision,
        revision: entry.revision,
        ...(entry.object === undefined
          ? { kind: entry.kind, namespace: entry.namespace, name: entry.name }
          : { object: objectOf(entry, served) }),
      }
    }),
    warnings: warnings.map(problemView),
    ...(effect === undefined ? {} : { effect }),
  }
}

/** The newest and the oldest that are known; with `time` (RFC 3339) the newest of that moment. */
function revisions({ access }: ApiParts, request: RouteRequest): RouteAnswer {
  const time = request.query.get('time')
  const timeMs = time === null ? undefined : Date.parse(time)
  if (timeMs !== undefined && Number.isNaN(timeMs)) throw invalid('time: a time like 2026-01-31T12:00:00Z is needed')
  return encoded(
    {
      kind: 'Revisions',
      apiVersion: `${ownGroup}/${ownVersion}`,
      newest: access.revision(),
      oldest: access.oldestRevision(),
      ...(timeMs === undefined ? {} : { at: access.revisionAt(timeMs) }),
    },
    acceptedBy(request),
  )
}

const invalid = (message: string): MeshwrightError => new MeshwrightError('REQUEST_INVALID', { message })
