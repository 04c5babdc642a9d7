/** `meshwright get proxies`: who is connected, as whom, and what each has applied or refused. */

import type { ProxyStatus, ProxyTypeStatus } from '../admin/daemon-view.ts'
import type { StaleProxyView } from '../admin/status-view.ts'
import { managementClient } from './management-client.ts'
import type { GetProxiesFlags } from './program.ts'
import { formatStale } from './status/format-status.ts'
import { formatTable, printable } from './table.ts'

const columns = ['clusters', 'endpoints', 'listeners', 'routes', 'virtual-hosts', 'extension-configs']

export async function getProxies(flags: GetProxiesFlags): Promise<string> {
  if (flags.which === 'stale') {
    const stale = await managementClient(flags.credential).get('/v1/stale-proxies')
    return flags.output === 'json' ? stale : formatStale(JSON.parse(stale) as StaleProxyView[])
  }
  const answer = await managementClient(flags.credential).get('/v1/proxies')
  return flags.output === 'json' ? answer : formatProxies(JSON.parse(answer) as ProxyStatus[])
}

/** A row a proxy; below the table the words of each proxy that refused something. */
export function formatProxies(proxies: readonly ProxyStatus[]): string {
  const rows = proxies.map(proxy => [
    shortName(proxy.node),
    proxy.identity === '' ? '(none)' : proxy.identity,
    proxy.version,
    ...columns.map(column => state(proxy.types.find(type => type.type === column))),
  ])
  const rejections = proxies.flatMap(proxy =>
    proxy.types.flatMap(({ type, rejection }) =>
      rejection === undefined
        ? []
        : [
            `${printable(`${shortName(proxy.node)} refused ${type} at ${rejection.at}${rejection.blame === undefined ? '' : ` because of ${rejection.blame}`}: ${rejection.message}`)}\n`,
          ],
    ),
  )
  const table = formatTable(['PROXY', 'IDENTITY', 'VERSION', ...columns.map(column => column.toUpperCase())], rows)
  return table + (rejections.length === 0 ? '' : `\n${rejections.join('')}`)
}

/** `sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local` → `web-1.shop`. */
function shortName(node: string): string {
  return node.split('~')[2] ?? node
}

function state(type: ProxyTypeStatus | undefined): string {
  if (type === undefined) return '-'
  return type.state === 'applied' ? `applied (${type.acknowledged})` : type.state.toUpperCase()
}
