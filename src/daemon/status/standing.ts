/** Whether one proxy holds some resources as they are now: by what it has acknowledged, and by nothing else. */

import type { Laggard } from '../../config/object-status.ts'
import { shortTypeOf } from '../../platform/resource-types.ts'
import type { ProxyTables } from '../../translate/connected-proxy.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { TableSet } from '../../xds/table-set.ts'
import type { Names } from './experiment/concerned.ts'
import { proxyNameOf } from './proxy-name.ts'

type ProxyOf = (tables: TableSet) => ProxyTables<ResourceTable> | undefined

const worst: readonly Laggard['state'][] = ['nacked', 'quarantined', 'waiting']

/** Undefined: it holds all of them. Else the worst that is true of one of them. Cost: the names, unless all is settled. */
export function lagOf(session: SessionStatus, names: Names, proxyOf: ProxyOf): Laggard | undefined {
  let found: Laggard | undefined
  for (const laggard of lags(session, names, proxyOf)) {
    if (found === undefined || worst.indexOf(laggard.state) < worst.indexOf(found.state)) found = laggard
  }
  return found
}

function* lags(session: SessionStatus, names: Names, proxyOf: ProxyOf): Iterable<Laggard> {
  const proxy = proxyNameOf(session.node.id)
  for (const type of session.types) {
    const wanted = names.get(type.typeUrl)
    if (wanted === undefined) continue
    const short = shortTypeOf(type.typeUrl)
    const served = session.tables.tables(type.typeUrl)
    const meant = proxyOf(session.tables)?.tables(type.typeUrl) ?? served
    const standings = type.isSettled ? undefined : type.standings(wanted)
    for (const resource of wanted) {
      const version = versionIn(meant, resource)
      const where = { proxy, type: short, resource }
      if (meant !== served && versionIn(served, resource) !== version) yield { ...where, state: 'quarantined' }
      const standing = standings?.get(resource)
      if (standing === undefined || (standing.kind === 'holds' && standing.version === version)) continue
      if (standing.kind === 'refused') {
        const nack = type.lastNack
        yield {
          ...where,
          state: 'nacked',
          ...(nack === undefined ? {} : { since: isoFrom(nack.atMs), message: nack.message }),
        }
      } else {
        const since = type.unackedSinceMs
        yield { ...where, state: 'waiting', ...(since === undefined ? {} : { since: isoFrom(since) }) }
      }
    }
  }
}

function versionIn(
  tables: readonly { get(name: string): { readonly version: string } | undefined }[],
  name: string,
): string | undefined {
  for (const table of tables) {
    const resource = table.get(name)
    if (resource !== undefined) return resource.version
  }
  return undefined
}

const isoFrom = (ms: number): string => new Date(ms).toISOString()
