/** networking.istio.io `TrafficPolicy`: what a DestinationRule says about connections, as a whole, per port and per subset. */

import {
  duration,
  enumeration,
  field,
  list,
  message,
  optional,
  percentage,
  portNumber,
  requiredText,
  text,
  uint32,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import { checkClientTls, clientTls } from './client-tls.ts'
import { checkConnectionPool, connectionPool } from './connection-pool.ts'
import { isHostname, isIpAddress } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { checkLoadBalancer, loadBalancer } from './load-balancer.ts'
import { checkOutlierDetection, outlierDetection } from './outlier-detection.ts'

/** What a port may override. */
const perPort = {
  loadBalancer: field('Which endpoint gets the next request or connection.', optional(loadBalancer)),
  connectionPool: field(
    'How many connections and requests there may be, and how long they live.',
    optional(connectionPool),
  ),
  outlierDetection: field('When an endpoint that fails is left out for a while.', optional(outlierDetection), {
    default: 'no endpoint is left out',
  }),
  tls: field('How connections are secured.', optional(clientTls)),
}

const portTrafficPolicy = message({
  port: field(
    'The port that the settings are for.',
    message({ number: field('The number of a port of the service.', portNumber()) }),
  ),
  ...perPort,
})

const tunnel = message({
  protocol: field('`CONNECT` or `POST`.', optional(text(16)), { default: '`CONNECT`' }),
  targetHost: field('The host that the tunnel leads to.', requiredText(255)),
  targetPort: field('The port that the tunnel leads to.', portNumber()),
})

const retryBudget = message({
  percent: field('The most retries in flight, as a share of the requests in flight.', optional(wrapped(percentage())), {
    unit: 'percent',
    default: '20',
  }),
  minRetryConcurrency: field('So many retries are allowed whatever the share.', optional(uint32()), { default: '3' }),
  budgetInterval: field('The time over which requests are counted for the share.', optional(duration()), {
    unit: 'duration',
    since: '1.31',
  }),
})

export const trafficPolicy = message({
  ...perPort,
  portLevelSettings: field(
    'Settings of single ports. What they leave out is not taken from the settings around them.',
    optional(list(portTrafficPolicy, 256)),
  ),
  tunnel: field('Wraps TCP connections in a tunnel through the host of the rule.', optional(tunnel), {
    default: 'no tunnel',
    notInForce: 'connections go without a tunnel',
  }),
  proxyProtocol: field(
    "Tells the server the client's address in a PROXY header.",
    optional(
      message({
        version: field('`V1` is text, `V2` binary.', optional(enumeration({ V1: 0, V2: 1 })), { default: '`V1`' }),
      }),
    ),
    { default: 'no header', since: '1.21', notInForce: 'no header is sent' },
  ),
  retryBudget: field('Bounds retries by a share of the requests.', optional(retryBudget), {
    default: 'no budget',
    since: '1.27',
    notInForce: 'retries are bounded by `connectionPool.http.maxRetries` only',
  }),
})

export type TrafficPolicy = Value<typeof trafficPolicy>
export type PortTrafficPolicy = Value<typeof portTrafficPolicy>

export interface PolicyPlace {
  readonly field: string
  /** The policy around it, whose settings hold where it says nothing. */
  readonly around?: TrafficPolicy | undefined
}

export function checkTrafficPolicy(policy: TrafficPolicy, { field, around }: PolicyPlace, report: Report): void {
  if (Object.keys(policy).length === 0) report.error(field, 'says nothing', 'set a field or remove it')
  checkPerPort(policy, { field, around }, report)
  const seen = new Set<number>()
  for (const [index, port] of (policy.portLevelSettings ?? []).entries()) {
    checkPortPolicy(port, `${field}.portLevelSettings[${index}]`, report)
    if (seen.has(port.port.number)) {
      report.warning(
        `${field}.portLevelSettings[${index}].port.number`,
        `port ${port.port.number} has settings already, and only the first count`,
        'merge the two',
      )
    }
    seen.add(port.port.number)
  }
  if (policy.tunnel !== undefined && policy.proxyProtocol !== undefined) {
    report.error(`${field}.tunnel`, 'cannot stand beside proxyProtocol', 'remove one of the two')
  }
  if (policy.tunnel !== undefined) checkTunnel(policy.tunnel, `${field}.tunnel`, report)
}

function checkPortPolicy(policy: PortTrafficPolicy, field: string, report: Report): void {
  if (Object.keys(policy).length === 1) report.error(field, 'says nothing about its port', 'set a field or remove it')
  checkPerPort(policy, { field }, report)
}

function checkPerPort(policy: Omit<PortTrafficPolicy, 'port'>, { field, around }: PolicyPlace, report: Report): void {
  const outliers = (policy.outlierDetection ?? around?.outlierDetection) === undefined ? 'not detected' : 'detected'
  if (policy.loadBalancer !== undefined)
    checkLoadBalancer(policy.loadBalancer, { field: `${field}.loadBalancer`, outliers }, report)
  if (policy.connectionPool !== undefined) checkConnectionPool(policy.connectionPool, `${field}.connectionPool`, report)
  if (policy.outlierDetection !== undefined)
    checkOutlierDetection(policy.outlierDetection, `${field}.outlierDetection`, report)
  if (policy.tls !== undefined) checkClientTls(policy.tls, `${field}.tls`, report)
}

function checkTunnel(tunnel: NonNullable<TrafficPolicy['tunnel']>, field: string, report: Report): void {
  const protocol = tunnel.protocol ?? ''
  if (protocol !== '' && protocol !== 'CONNECT' && protocol !== 'POST') {
    report.error(`${field}.protocol`, `${protocol} is not a tunnel protocol`, 'use CONNECT or POST')
  }
  if (!isHostname(tunnel.targetHost) && !isIpAddress(tunnel.targetHost)) {
    report.error(`${field}.targetHost`, `${tunnel.targetHost} is neither a host name nor an IP address`)
  }
}
