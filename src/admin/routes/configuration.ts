/** The configuration with its history and in transactions; see configuration-view.ts. */

import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Caller } from '../access/caller.ts'
import { formatRole, mayEdit } from '../access/role.ts'
import { secretShownTo } from '../access/secret-values.ts'
import type {
  ConfigurationView,
  EntriesQuery,
  EntryView,
  ObjectName,
  TransactionView,
  WriteView,
} from '../configuration-view.ts'
import { badRequest, fieldsOf, json, type Route, type RouteRequest, wholeNumberFrom } from './route.ts'

/** Of a transaction: 500 objects of the size that real ones have. */
const bodyLimitBytes = 16 * 1024 * 1024
const mostWrites = 1000
const mostEntries = 500
/** Below the time after which proxies and clients take a silent call for dead. */
const longestWaitMs = 25_000

const reading = { method: 'GET', side: 'management', access: 'viewer', audit: 'no' } as const
const object = '/v1/configuration/objects/:kind/:namespace/:name'

export interface ConfigurationParts {
  readonly configuration: ConfigurationView
  readonly clock: Clock
}

export function configurationRoutes({ configuration: view, clock }: ConfigurationParts): readonly Route[] {
  return [
    { ...reading, path: '/v1/configuration/kinds', handle: () => json(view.kinds()) },
    {
      ...reading,
      path: '/v1/configuration/revision',
      handle(_daemon, { query }) {
        const timeMs = wholeNumberFrom(query, 'timeMs')
        return json(timeMs === undefined ? view.revision() : view.revisionAt(timeMs))
      },
    },
    {
      ...reading,
      path: '/v1/configuration/objects',
      handle(_daemon, request) {
        const page = view.list(entriesQueryFrom(request.query))
        return json({ ...page, entries: shownTo(request, page.entries) })
      },
    },
    {
      ...reading,
      path: object,
      handle: (_daemon, request) => json(shownTo(request, [view.get(nameFrom(request))])[0]),
    },
    {
      ...reading,
      path: `${object}/history`,
      handle: (_daemon, request) => json(shownTo(request, view.history(nameFrom(request)))),
    },
    {
      ...reading,
      path: '/v1/configuration/changes',
      async handle(_daemon, request) {
        const { query, signal } = request
        const since = wholeNumberFrom(query, 'since')
        if (since === undefined) throw badRequest('since: a revision is needed')
        const end = new AbortController()
        const patience = clock.after(longestWaitMs, () => end.abort())
        if (view.changesSince(since).length === 0) await view.nextCommit(AbortSignal.any([signal, end.signal]))
        patience.cancel()
        const commits = view.changesSince(since)
        return json(commits.map(({ revision, entries }) => ({ revision, entries: shownTo(request, entries) })))
      },
    },
    {
      method: 'POST',
      side: 'management',
      access: 'editor-of-each',
      audit: 'yes',
      path: '/v1/configuration/transactions',
      bodyLimitBytes,
      async handle(_daemon, { body, caller, audit }) {
        const transaction = transactionFrom(body)
        const subjects = view.subjects(transaction)
        audit(subjects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`))
        for (const subject of subjects) refuseStranger(caller, subject)
        return json(await view.apply(transaction, caller.id))
      },
    },
  ]
}

function refuseStranger({ role }: Caller, { kind, namespace, name }: ObjectName): void {
  if (role !== undefined && mayEdit(role, namespace)) return
  const owner = namespace === '' ? 'an admin' : `an editor of ${namespace}`
  throw new MeshwrightError('ACCESS_DENIED', {
    message: `to change ${kind} ${name} needs ${owner}, and the credential is one of ${role === undefined ? 'nobody' : formatRole(role)}`,
    remedy: 'Use another credential; an admin makes them with `meshwright access`.',
  })
}

/** As the caller may see them. Whoever is shown a Secret stands in the audit trail. */
function shownTo({ caller, audit }: RouteRequest, entries: readonly EntryView[]): readonly EntryView[] {
  const secrets = entries.filter(({ kind }) => kind === 'Secret')
  if (secrets.length > 0) audit(secrets.map(({ namespace, name }) => `Secret ${namespace}/${name}`))
  return entries.map(entry =>
    entry.kind === 'Secret' && entry.object !== null
      ? { ...entry, object: secretShownTo(caller.role, entry.namespace, entry.object) }
      : entry,
  )
}

function entriesQueryFrom(query: URLSearchParams): EntriesQuery {
  const after = query.get('after')
  const [kind, namespace, name] = after?.split('/') ?? []
  if (after !== null && name === undefined) throw badRequest('after: KIND/NAMESPACE/NAME is needed')
  return {
    kind: query.get('kind') ?? undefined,
    namespace: query.get('namespace') ?? undefined,
    at: wholeNumberFrom(query, 'at'),
    after: after === null ? undefined : { kind: kind ?? '', namespace: namespace ?? '', name: name ?? '' },
    limit: Math.min(wholeNumberFrom(query, 'limit') ?? mostEntries, mostEntries),
  }
}

/** `_` stands for no namespace. */
function nameFrom({ parameters }: RouteRequest): ObjectName {
  const { kind = '', namespace = '', name = '' } = parameters
  return { kind, namespace: namespace === '_' ? '' : namespace, name }
}

function transactionFrom(body: unknown): TransactionView {
  const { writes, dryRun = false } = fieldsOf(body)
  if (typeof dryRun !== 'boolean') throw badRequest('dryRun: true or false is needed')
  if (!Array.isArray(writes) || writes.length === 0) throw badRequest('writes: a list of writes is needed')
  if (writes.length > mostWrites) throw badRequest(`writes: ${writes.length} are more than ${mostWrites}`)
  return { writes: writes.map((write, index) => writeFrom(write, `writes[${index}]`)), dryRun }
}

function writeFrom(write: unknown, at: string): WriteView {
  const { object, remove, expectedRevision } = fieldsOf(write)
  const expected = expectedRevision === undefined ? {} : { expectedRevision: revisionFrom(expectedRevision, at) }
  if ((object === undefined) === (remove === undefined)) throw badRequest(`${at}: object or remove is needed`)
  if (remove === undefined) return { object: fieldsOf(object), ...expected }
  const { kind, namespace = '', name } = fieldsOf(remove)
  if (typeof kind !== 'string' || typeof namespace !== 'string' || typeof name !== 'string')
    throw badRequest(`${at}.remove: kind, namespace and name are needed`)
  return { remove: { kind, namespace, name }, ...expected }
}

function revisionFrom(value: unknown, at: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw badRequest(`${at}.expectedRevision: a revision is needed`)
}
