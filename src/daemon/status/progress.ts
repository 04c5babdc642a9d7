/** How far the proxies that an object concerns are with it, counted by kind of proxy. */

import type { Laggard, ProxyProgress } from '../../config/object-status.ts'
import type { ProxyTables } from '../../translate/connected-proxy.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { TableSet } from '../../xds/table-set.ts'
import type { Names } from './experiment/concerned.ts'
import { proxyKindOf } from './proxy-name.ts'
import { lagOf } from './standing.ts'

const mostLaggards = 100

export function progressOf(
  concerned: ReadonlyMap<SessionStatus, Names>,
  proxyOf: (tables: TableSet) => ProxyTables<ResourceTable> | undefined,
): readonly ProxyProgress[] {
  const byKind = new Map<string, { acked: number; readonly laggards: Laggard[] }>()
  for (const [session, names] of concerned) {
    const kind = proxyKindOf(session)
    const counts = byKind.get(kind) ?? { acked: 0, laggards: [] }
    byKind.set(kind, counts)
    const lag = lagOf(session, names, proxyOf)
    if (lag === undefined) counts.acked++
    else counts.laggards.push(lag)
  }
  return [...byKind]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([proxyKind, { acked, laggards }]) => {
      const count = (state: Laggard['state']): number => laggards.filter(one => one.state === state).length
      return {
        proxyKind,
        acked,
        waiting: count('waiting'),
        nacked: count('nacked'),
        quarantined: count('quarantined'),
        laggards: laggards.sort((a, b) => (a.proxy < b.proxy ? -1 : 1)).slice(0, mostLaggards),
      }
    })
}
