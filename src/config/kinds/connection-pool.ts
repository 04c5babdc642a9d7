/** networking.istio.io `ConnectionPoolSettings`. */

import { durationMs } from '../duration.ts'
import {
  bool,
  enumeration,
  field,
  int32,
  message,
  optional,
  ruled,
  uint32,
  type Value,
  wholeMilliseconds,
} from '../schema/fields.ts'
import { positiveMilliseconds } from './duration-rules.ts'
import type { Report } from './kind.ts'

export const tcpKeepalive = message({
  probes: field('Probes without an answer after which the connection counts as dead.', optional(uint32()), {
    default: "the operating system's, on Linux 9",
  }),
  time: field('How long a connection is idle before the first probe.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: "the operating system's, on Linux 2h",
  }),
  interval: field('The time between probes.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: "the operating system's, on Linux 75s",
  }),
})

/** What is less than a millisecond is none to Istio, whatever its sign. */
const tcpIdleTime = ruled(wholeMilliseconds(), {
  cel: "duration(self) > duration('-1ms')",
  holds: text => durationMs(text) > -1,
  reason: 'is negative',
  remedy: 'use 0s for none',
})

const tcp = message({
  maxConnections: field('The most connections to the service from one proxy, HTTP/1 and TCP.', optional(int32()), {
    default: 'no limit; so is 0',
  }),
  connectTimeout: field('How long a connection may take to be made.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: "the mesh's `connectTimeout`, 10s",
  }),
  tcpKeepalive: field('Probes on idle connections.', optional(tcpKeepalive), { default: 'no probes' }),
  maxConnectionDuration: field('The longest that a connection may live.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: 'no limit',
    notInForce: 'connections are not ended',
  }),
  idleTimeout: field('How long a TCP connection may carry nothing before it is ended.', optional(tcpIdleTime), {
    unit: 'duration',
    default: '1h',
    since: '1.21',
    notInForce: "Envoy's 1h holds",
  }),
})

const http2KeepAlive = message({
  interval: field('The time between PING frames.', optional(positiveMilliseconds()), { unit: 'duration' }),
  timeout: field(
    'How long an answer may take before the connection counts as dead.',
    optional(positiveMilliseconds()),
    {
      unit: 'duration',
    },
  ),
})

const http = message({
  http1MaxPendingRequests: field('The most requests that wait for a connection.', optional(int32()), {
    default: 'no limit; so is 0',
  }),
  http2MaxRequests: field('The most requests in flight at a time, of every version of HTTP.', optional(int32()), {
    default: 'no limit; so is 0',
  }),
  maxRequestsPerConnection: field(
    'Requests after which a connection is ended. 1 switches keep-alive off.',
    optional(int32()),
    {
      default: 'no limit; so is 0',
    },
  ),
  maxRetries: field('The most retries in flight at a time.', optional(int32()), { default: 'no limit; so is 0' }),
  idleTimeout: field('How long a connection without requests is kept.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: '1h',
  }),
  h2UpgradePolicy: field(
    'Whether plain HTTP ports are called by HTTP/2: `UPGRADE`, `DO_NOT_UPGRADE`, or `DEFAULT` for what the mesh says.',
    optional(enumeration({ DEFAULT: 0, DO_NOT_UPGRADE: 1, UPGRADE: 2 })),
    { default: "`DEFAULT`: the mesh's `h2UpgradePolicy`" },
  ),
  useClientProtocol: field('The service is called by the version of HTTP that the client speaks.', optional(bool()), {
    default: 'false',
  }),
  maxConcurrentStreams: field('The most streams at a time on one HTTP/2 connection.', optional(int32()), {
    default: "Envoy's 2147483647; so is 0",
    since: '1.21',
  }),
  http2KeepAlive: field('PING frames on HTTP/2 connections.', optional(http2KeepAlive), {
    default: 'no frames',
    since: '1.31',
    notInForce: 'no frames are sent',
  }),
})

export const connectionPool = message({
  tcp: field('For connections of every kind.', optional(tcp)),
  http: field('For HTTP.', optional(http)),
})

export type ConnectionPool = Value<typeof connectionPool>

export function checkConnectionPool(pool: ConnectionPool, field: string, report: Report): void {
  const { tcp, http } = pool
  if (tcp === undefined && http === undefined) report.error(field, 'says nothing', 'set tcp or http, or remove it')
  checkCount(tcp?.maxConnections, `${field}.tcp.maxConnections`, report)
  for (const name of counts) checkCount(http?.[name], `${field}.http.${name}`, report)
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
