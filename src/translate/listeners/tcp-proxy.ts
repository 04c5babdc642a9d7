/** The TCP proxy, in both directions. */

import { any, type Plain } from '../envoy-messages.ts'
import { accessLogs } from './access-log.ts'
import type { AccessLogIr } from './settings.ts'

export interface TcpTarget {
  readonly cluster: string
  readonly weight: number
}

/** As a network filter. Weights matter only where there are several targets; at least one. */
export function tcpProxy(targets: readonly TcpTarget[], accessLog: AccessLogIr | undefined): Plain {
  const first = targets[0]?.cluster ?? 'BlackHoleCluster'
  return {
    name: 'envoy.filters.network.tcp_proxy',
    typedConfig: any('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', {
      statPrefix: first,
      ...(targets.length > 1
        ? { weightedClusters: { clusters: targets.map(({ cluster, weight }) => ({ name: cluster, weight })) } }
        : { cluster: first }),
      ...accessLogs(accessLog),
    }),
  }
}
