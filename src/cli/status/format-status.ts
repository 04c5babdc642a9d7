/** The status of an object as people read it. */

import type { ObjectStatusView, ProgressView, StaleProxyView, StatusReasonView } from '../../admin/status-view.ts'
import { formatTable, printable } from '../table.ts'

export function formatStatus(title: string, status: ObjectStatusView): string {
  const lines = [`${title}: ${status.verdict}`]
  const reasons = (heading: string, list: readonly StatusReasonView[]): void => {
    if (list.length > 0) lines.push(`${heading}:`, ...list.map(one => `  ${formatReason(one)}`))
  }
  reasons('refused because', status.reasons)
  reasons('warnings', status.warnings)
  reasons('not in force', status.notInForce)
  if (status.conflicts.length > 0) {
    lines.push('conflicts:')
    for (const { with: other, field, subject, reason } of status.conflicts) {
      lines.push(`  ${field}: ${subject} with ${other.kind} ${other.namespace}/${other.name}: ${reason}`)
    }
  }
  for (const one of status.quarantined) {
    const where = one.field === undefined ? '' : ` (${one.field})`
    lines.push(`quarantined for ${one.build} since ${one.since}: ${one.type} ${one.resource}${where}: ${one.message}`)
  }
  const text = `${lines.map(printable).join('\n')}\n`
  return `${text}\n${formatProgress(status.proxies)}`
}

function formatProgress(proxies: readonly ProgressView[]): string {
  if (proxies.length === 0) return 'no connected proxy is concerned\n'
  const table = formatTable(
    ['PROXIES', 'ACKED', 'WAITING', 'NACKED', 'QUARANTINED'],
    proxies.map(one => [one.proxyKind, ...[one.acked, one.waiting, one.nacked, one.quarantined].map(String)]),
  )
  const laggards = formatLaggards(proxies)
  return laggards === '' ? table : `${table}\n${laggards}`
}

/** A row a proxy; '' when nobody lags. */
export function formatLaggards(proxies: readonly ProgressView[]): string {
  const rows = proxies
    .flatMap(({ laggards }) => laggards)
    .map(one => [one.proxy, one.state, one.type, one.resource, one.since ?? '-', one.message ?? ''])
  return rows.length === 0 ? '' : formatTable(['PROXY', 'STATE', 'TYPE', 'RESOURCE', 'SINCE', 'MESSAGE'], rows)
}

export function formatStale(stale: readonly StaleProxyView[]): string {
  if (stale.length === 0) return 'every connected proxy has acknowledged all that it should have\n'
  return formatTable(
    ['PROXY', 'IDENTITY', 'VERSION', 'TYPE', 'WHY', 'SINCE', 'RESOURCES', 'BLAME', 'MESSAGE'],
    stale.map(one => [
      one.proxy,
      one.identity === '' ? '(none)' : one.identity,
      one.version,
      one.type,
      one.why,
      one.since ?? '-',
      one.resources.join(', ') || '-',
      one.blame ?? '-',
      one.message ?? '',
    ]),
  )
}

function formatReason({ field, reason, remedy }: StatusReasonView): string {
  const where = field === undefined ? '' : `${field}: `
  return `${where}${reason}${remedy === undefined ? '' : `; ${remedy}`}`
}
