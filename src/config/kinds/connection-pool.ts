/** networking.istio.io `ConnectionPoolSettings`. */

import { bool, duration, enumeration, int32, message, optional, uint32, type Value } from '../schema/fields.ts'
import { checkPositiveDuration } from './duration-rules.ts'
import type { Report } from './kind.ts'

export const connectionPool = message({
  tcp: optional(
    message({
      maxConnections: optional(int32()),
      connectTimeout: optional(duration()),
      tcpKeepalive: optional(
        message({ probes: optional(uint32()), time: optional(duration()), interval: optional(duration()) }),
      ),
      maxConnectionDuration: optional(duration()),
      idleTimeout: optional(duration()),
    }),
  ),
  http: optional(
    message({
      http1MaxPendingRequests: optional(int32()),
      http2MaxRequests: optional(int32()),
      maxRequestsPerConnection: optional(int32()),
      maxRetries: optional(int32()),
      idleTimeout: optional(duration()),
      h2UpgradePolicy: optional(enumeration({ DEFAULT: 0, DO_NOT_UPGRADE: 1, UPGRADE: 2 })),
      useClientProtocol: optional(bool()),
      maxConcurrentStreams: optional(int32()),
    }),
  ),
})

export type ConnectionPool = Value<typeof connectionPool>

export function checkConnectionPool(pool: ConnectionPool, field: string, report: Report): void {
  const { tcp, http } = pool
  if (tcp === undefined && http === undefined) report.error(field, 'says nothing', 'set tcp or http, or remove it')
  checkCount(tcp?.maxConnections, `${field}.tcp.maxConnections`, report)
  for (const name of ['connectTimeout', 'maxConnectionDuration', 'idleTimeout'] as const) {
    checkPositiveDuration(tcp?.[name], `${field}.tcp.${name}`, report)
  }
  for (const name of ['time', 'interval'] as const) {
    checkPositiveDuration(tcp?.tcpKeepalive?.[name], `${field}.tcp.tcpKeepalive.${name}`, report)
  }
  for (const name of counts) checkCount(http?.[name], `${field}.http.${name}`, report)
  checkPositiveDuration(http?.idleTimeout, `${field}.http.idleTimeout`, report)
  if (http?.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) {
    report.error(
      `${field}.http.useClientProtocol`,
      'cannot be true with h2UpgradePolicy UPGRADE',
      'remove one of the two',
    )
  }
}

const counts = [
  'http1MaxPendingRequests',
  'http2MaxRequests',
  'maxRequestsPerConnection',
  'maxRetries',
  'maxConcurrentStreams',
] as const

function checkCount(count: number | undefined, field: string, report: Report): void {
  if (count !== undefined && count < 0) report.error(field, `${count} is negative`, 'use 0 or more')
}
