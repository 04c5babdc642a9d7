/** Streams that are alike, so that what is asked of each object is asked once a group and not once a stream. */

import type { ProxyTables } from '../../translate/connected-proxy.ts'
import type { FacetChoice } from '../../translate/facet-records.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { TableSet } from '../../xds/table-set.ts'
import { proxyKindOf } from './proxy-name.ts'

/** Streams with the same facets and the same subscriptions: the same resources are for all of them. */
export interface SessionGroup {
  readonly key: string
  /** One of them. */
  readonly session: SessionStatus
  readonly proxy: ProxyTables<ResourceTable>
  /** How many hold all there is for them, by kind of proxy. */
  readonly settled: ReadonlyMap<string, number>
  readonly unsettled: readonly SessionStatus[]
}

interface GrowingGroup extends SessionGroup {
  readonly settled: Map<string, number>
  readonly unsettled: SessionStatus[]
}

type ProxyOf = (tables: TableSet) => ProxyTables<ResourceTable> | undefined

/** Cost: the streams. */
export function groupSessions(sessions: Iterable<SessionStatus>, proxyOf: ProxyOf): readonly SessionGroup[] {
  const groups = new Map<string, GrowingGroup>()
  for (const session of sessions) {
    const proxy = proxyOf(session.tables)
    if (proxy === undefined) continue
    const key = keyOf(session, proxy)
    const group: GrowingGroup = groups.get(key) ?? { key, session, proxy, settled: new Map(), unsettled: [] }
    groups.set(key, group)
    if (!isSettled(session, proxy)) {
      group.unsettled.push(session)
      continue
    }
    const kind = proxyKindOf(session)
    group.settled.set(kind, (group.settled.get(kind) ?? 0) + 1)
  }
  return [...groups.values()]
}

function keyOf({ types }: SessionStatus, { choices }: ProxyTables<ResourceTable>): string {
  const subscriptions = types.map(({ typeUrl, subscription }) => `${typeUrl} ${subscription.id}`)
  return `${choices.map(idOf).join()}\n${subscriptions.sort().join()}`
}

/** Served what it is meant to have, and has acknowledged all of it. */
const isSettled = ({ types, tables }: SessionStatus, proxy: ProxyTables<ResourceTable>): boolean =>
  types.every(type => type.isSettled && tables.tables(type.typeUrl) === proxy.tables(type.typeUrl))

const ids = new WeakMap<FacetChoice, number>()
let nextId = 1

function idOf(choice: FacetChoice | undefined): number {
  if (choice === undefined) return 0
  const id = ids.get(choice) ?? nextId++
  ids.set(choice, id)
  return id
}
