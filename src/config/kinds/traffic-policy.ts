/** networking.istio.io `TrafficPolicy`: what a DestinationRule says about connections, as a whole, per port and per subset. */

import {
  double,
  enumeration,
  list,
  message,
  optional,
  requiredText,
  text,
  uint32,
  type Value,
} from '../schema/fields.ts'
import { checkClientTls, clientTls } from './client-tls.ts'
import { checkConnectionPool, connectionPool } from './connection-pool.ts'
import { isHostname, isIpAddress, isPort } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { checkLoadBalancer, loadBalancer } from './load-balancer.ts'
import { checkOutlierDetection, outlierDetection } from './outlier-detection.ts'

/** What a port may override. */
const perPort = {
  loadBalancer: optional(loadBalancer),
  connectionPool: optional(connectionPool),
  outlierDetection: optional(outlierDetection),
  tls: optional(clientTls),
}

const portTrafficPolicy = message({ port: message({ number: uint32() }), ...perPort })

export const trafficPolicy = message({
  ...perPort,
  portLevelSettings: optional(list(portTrafficPolicy, 4096)),
  tunnel: optional(message({ protocol: optional(text(16)), targetHost: requiredText(255), targetPort: uint32() })),
  proxyProtocol: optional(message({ version: optional(enumeration({ V1: 0, V2: 1 })) })),
  retryBudget: optional(message({ percent: optional(double()), minRetryConcurrency: optional(uint32()) })),
})

export type TrafficPolicy = Value<typeof trafficPolicy>
export type PortTrafficPolicy = Value<typeof portTrafficPolicy>

export function checkTrafficPolicy(policy: TrafficPolicy, field: string, report: Report): void {
  if (Object.keys(policy).length === 0) report.error(field, 'says nothing', 'set a field or remove it')
  checkPerPort(policy, field, report)
  const seen = new Set<number>()
  for (const [index, port] of (policy.portLevelSettings ?? []).entries()) {
    checkPortPolicy(port, `${field}.portLevelSettings[${index}]`, report)
    if (seen.has(port.port.number)) {
      report.error(
        `${field}.portLevelSettings[${index}].port.number`,
        `port ${port.port.number} has settings already`,
        'merge the two',
      )
    }
    seen.add(port.port.number)
  }
  if (policy.tunnel !== undefined && policy.proxyProtocol !== undefined) {
    report.error(`${field}.tunnel`, 'cannot stand beside proxyProtocol', 'remove one of the two')
  }
  if (policy.tunnel !== undefined) checkTunnel(policy.tunnel, `${field}.tunnel`, report)
  const percent = policy.retryBudget?.percent
  if (percent !== undefined && (percent < 0 || percent > 100)) {
    report.error(`${field}.retryBudget.percent`, `${percent} is not between 0 and 100`)
  }
}

function checkPortPolicy(policy: PortTrafficPolicy, field: string, report: Report): void {
  if (!isPort(policy.port.number))
    report.error(`${field}.port.number`, `${policy.port.number} is not a port`, 'use 1 to 65535')
  if (Object.keys(policy).length === 1) report.error(field, 'says nothing about its port', 'set a field or remove it')
  checkPerPort(policy, field, report)
}

function checkPerPort(policy: Omit<PortTrafficPolicy, 'port'>, field: string, report: Report): void {
  if (policy.loadBalancer !== undefined) checkLoadBalancer(policy.loadBalancer, `${field}.loadBalancer`, report)
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
  if (!isPort(tunnel.targetPort))
    report.error(`${field}.targetPort`, `${tunnel.targetPort} is not a port`, 'use 1 to 65535')
}
