/**
 * Which connected proxies an object concerns, and with which resources: those that would be others without it, or that
 * its last change made others. Found by experiment on the graph, so that it is true of what a proxy is served and not of
 * what somebody thinks the object should do.
 */

import type { ConfigChange } from '../../../config/files/file-ledger.ts'
import type { KindName } from '../../../config/object.ts'
import type { Sources } from '../../../discovery/sources.ts'
import type { ProxyTables } from '../../../translate/connected-proxy.ts'
import type { Translation } from '../../../translate/engine.ts'
import type { Difference, Supposition } from '../../../translate/supposition.ts'
import type { ResourceTable } from '../../../xds/resource-table.ts'
import type { SessionStatus } from '../../../xds/session-status.ts'
import { isWanted } from '../../../xds/subscription.ts'
import type { TableSet } from '../../../xds/table-set.ts'
import type { RecentChanges } from './recent-changes.ts'
import { supposedEdit } from './supposed-edit.ts'

export interface ConcernParts {
  readonly translation: Translation<ResourceTable>
  readonly sources: Sources
  readonly recent: RecentChanges
  readonly sessions: () => Iterable<SessionStatus>
  readonly proxyOf: (tables: TableSet) => ProxyTables<ResourceTable> | undefined
}

/** By type URL, the names of resources, sorted. */
export type Names = ReadonlyMap<string, readonly string[]>

/**
 * Sessions that nothing of the object goes to are absent. Cost: two commits of each of at most two edits of the object,
 * and the number of streams.
 */
export function concernedBy(
  parts: ConcernParts,
  { kind, key }: { readonly kind: KindName; readonly key: string },
): ReadonlyMap<SessionStatus, Names> {
  const { translation, sources, recent } = parts
  const object = sources[kind].get(key)
  const last = recent.of(kind, key)
  const experiments: ConfigChange[] = []
  if (object !== undefined) experiments.push({ kind, key, object: undefined })
  if (last?.before !== undefined) experiments.push({ kind, key, object: last.before })
  const found = new Map<number, { readonly session: SessionStatus; readonly names: Map<string, readonly string[]> }>()
  for (const change of experiments) {
    translation.suppose({
      ...supposedEdit(sources, [change]),
      look: supposition => {
        const namesFor = createNames(supposition)
        for (const session of parts.sessions()) {
          const proxy = parts.proxyOf(session.tables)
          if (proxy === undefined) continue
          for (const type of session.types) {
            const names = namesFor(proxy, type.typeUrl, type.subscription)
            if (names.length === 0) continue
            const known = found.get(session.id) ?? { session, names: new Map() }
            found.set(session.id, known)
            const before = known.names.get(type.typeUrl)
            known.names.set(type.typeUrl, before === undefined ? names : [...new Set([...before, ...names])].sort())
          }
        }
      },
    })
  }
  return new Map([...found.values()].map(({ session, names }) => [session, names]))
}

type Subscription = SessionStatus['types'][number]['subscription']

/** Streams that share what differs and what they want share the list. */
function createNames(
  supposition: Supposition<ResourceTable>,
): (proxy: ProxyTables<ResourceTable>, typeUrl: string, subscription: Subscription) => readonly string[] {
  const known = new Map<readonly Difference[], Map<number, readonly string[]>>()
  return (proxy, typeUrl, subscription) => {
    const differences = supposition.differences(proxy, typeUrl)
    if (differences.length === 0) return none
    const bySubscription = known.get(differences) ?? new Map<number, readonly string[]>()
    known.set(differences, bySubscription)
    const names =
      bySubscription.get(subscription.id) ??
      differences.flatMap(({ name }) => (isWanted(subscription, name) ? [name] : []))
    bySubscription.set(subscription.id, names)
    return names
  }
}

const none: readonly string[] = []
