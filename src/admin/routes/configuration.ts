/** The configuration with its history; see configuration-view.ts. What changes it is src/api/transactions. */

import type { Clock } from '../../platform/clock.ts'
import { secretShownTo } from '../access/secret-values.ts'
import type { ConfigurationView, EntriesQuery, EntryView, ObjectName } from '../configuration-view.ts'
import { badRequest, json, type Route, type RouteRequest, wholeNumberFrom } from './route.ts'

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
  ]
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
    withRefused: query.get('withRefused') === 'true',
    limit: Math.min(wholeNumberFrom(query, 'limit') ?? mostEntries, mostEntries),
  }
}

/** `_` stands for no namespace. */
function nameFrom({ parameters }: RouteRequest): ObjectName {
  const { kind = '', namespace = '', name = '' } = parameters
  return { kind, namespace: namespace === '_' ? '' : namespace, name }
}
