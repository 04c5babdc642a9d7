/** What a Sidecar may say, beyond its form. */

import { checkConnectionPool } from './connection-pool.ts'
import { checkDestination } from './destination.ts'
import { isDnsLabel, isHostLabel, isIpAddress, isPort, isUnixAddress, isWildcardHost } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { isHttpProtocol, isProtocol, isTlsProtocol, protocolRemedy } from './protocol.ts'
import { checkSidecarServerTls } from './server-tls.ts'
import type { EgressListener, IngressListener, SidecarPort, SidecarSpec } from './sidecar.ts'
import { checkSelector } from './workload-selector.ts'

export function checkSidecar(spec: SidecarSpec, namespace: string, report: Report): void {
  if (spec.workloadSelector !== undefined) checkSelector(spec.workloadSelector.labels, 'spec.workloadSelector', report)
  const ingress = spec.ingress ?? []
  const egress = spec.egress ?? []
  if (
    ingress.length + egress.length === 0 &&
    spec.outboundTrafficPolicy === undefined &&
    spec.inboundConnectionPool === undefined
  ) {
    report.error('spec', 'says nothing', 'add egress, ingress, outboundTrafficPolicy or inboundConnectionPool')
  }
  const taken = new Set<number>()
  for (const [index, listener] of ingress.entries())
    checkIngress(listener, { field: `spec.ingress[${index}]`, taken }, report)
  checkEgressListeners(egress, namespace, report)
  if (spec.inboundConnectionPool !== undefined)
    checkConnectionPool(spec.inboundConnectionPool, 'spec.inboundConnectionPool', report)
  checkOutboundPolicy(spec.outboundTrafficPolicy, report)
}

interface ListenerPlace {
  readonly field: string
  /** Ports of the listeners before. */
  readonly taken: Set<number>
}

function checkIngress(listener: IngressListener, place: ListenerPlace, report: Report): void {
  const { field } = place
  checkPort(listener.port, place, report)
  const bind = listener.bind ?? ''
  if (bind !== '' && !isIpAddress(bind)) report.error(`${field}.bind`, `'${bind}' is not an IP address`)
  if ((listener.defaultEndpoint ?? '') !== '' && !isDefaultEndpoint(listener.defaultEndpoint ?? '')) {
    report.error(
      `${field}.defaultEndpoint`,
      `'${listener.defaultEndpoint}' is not an endpoint of the workload`,
      'use 127.0.0.1:PORT, 0.0.0.0:PORT, [::1]:PORT, [::]:PORT, :PORT or unix:///path',
    )
  }
  if (listener.tls !== undefined) {
    checkSidecarServerTls(listener.tls, `${field}.tls`, report)
    if (!isTlsProtocol(listener.port.protocol))
      report.error(`${field}.tls`, `cannot stand with protocol ${listener.port.protocol}`, 'use protocol HTTPS or TLS')
  }
  if (listener.connectionPool?.http !== undefined && !isHttpProtocol(listener.port.protocol))
    report.warning(`${field}.connectionPool.http`, 'has no effect: the port does not speak HTTP', 'remove it')
  if (listener.connectionPool !== undefined)
    checkConnectionPool(listener.connectionPool, `${field}.connectionPool`, report)
}

/** The forms that the API names; an address of another machine would make the proxy a relay. */
export function isDefaultEndpoint(text: string): boolean {
  if (text.startsWith('unix://')) return isUnixAddress(text)
  const port = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\])?:(\d{1,5})$/.exec(text)?.[1]
  return port !== undefined && isPort(Number(port))
}

function checkEgressListeners(listeners: readonly EgressListener[], namespace: string, report: Report): void {
  const taken = new Set<number>()
  const sockets = new Set<string>()
  for (const [index, listener] of listeners.entries()) {
    const field = `spec.egress[${index}]`
    const bind = listener.bind ?? ''
    if (listener.port === undefined) {
      if (index < listeners.length - 1)
        report.error(
          field,
          'without a port must be the last, and there can be one only',
          'give it a port or move it to the end',
        )
      if (bind !== '' && !isIpAddress(bind)) report.error(`${field}.bind`, `'${bind}' is not an IP address`)
    } else if ((listener.port.number ?? 0) === 0) {
      checkSocket(listener, { field, sockets }, report)
    } else {
      checkPort(listener.port, { field, taken }, report)
      if (bind !== '' && !isIpAddress(bind))
        report.error(
          `${field}.bind`,
          `'${bind}' is not an IP address`,
          'a listener with a port number binds an IP address',
        )
    }
    checkEgressHosts(listener.hosts, { field: `${field}.hosts`, namespace }, report)
  }
}

function checkSocket(
  listener: EgressListener,
  { field, sockets }: { field: string; sockets: Set<string> },
  report: Report,
): void {
  const bind = listener.bind ?? ''
  if (!isUnixAddress(bind))
    report.error(
      `${field}.bind`,
      `'${bind}' is not a Unix socket, and the port has no number`,
      'use unix:///path, or give the port a number',
    )
  if (sockets.has(bind))
    report.error(`${field}.bind`, `${bind} is taken by a listener before`, 'give each listener its own socket')
  sockets.add(bind)
  if (listener.captureMode === 'IPTABLES')
    report.error(`${field}.captureMode`, 'a Unix socket cannot be captured by IPTABLES', 'use NONE')
  checkProtocol(listener.port, field, report)
}

function checkPort(port: SidecarPort, { field, taken }: ListenerPlace, report: Report): void {
  const number = port.number ?? 0
  if (!isPort(number)) report.error(`${field}.port.number`, `${number} is not a port`, 'use 1 to 65535')
  if (taken.has(number))
    report.error(
      `${field}.port.number`,
      `port ${number} is taken by a listener before`,
      'give each listener its own port',
    )
  taken.add(number)
  if ((port.targetPort ?? 0) !== 0)
    report.error(`${field}.port.targetPort`, 'has no meaning in a Sidecar', 'use defaultEndpoint')
  checkProtocol(port, field, report)
}

function checkProtocol(port: SidecarPort | undefined, field: string, report: Report): void {
  const name = port?.name ?? ''
  if (name !== '' && !isHostLabel(name))
    report.error(`${field}.port.name`, `'${name}' is not a port name`, 'use letters, digits and -')
  if (!isProtocol(port?.protocol))
    report.error(`${field}.port.protocol`, `'${port?.protocol}' is not a protocol`, protocolRemedy)
}

function checkEgressHosts(
  hosts: readonly string[],
  { field, namespace }: { field: string; namespace: string },
  report: Report,
): void {
  const seen = new Set<string>()
  for (const [index, entry] of hosts.entries()) {
    const place = `${field}[${index}]`
    const slash = entry.indexOf('/')
    const ns = slash < 0 ? '' : entry.slice(0, slash)
    const host = entry.slice(slash + 1)
    if (slash < 0 || !isHostNamespace(ns)) {
      report.error(
        place,
        `'${entry}' is not of the form namespace/host`,
        "start with a namespace, '.' or '*', or with '~' and one of these",
      )
    } else if (!isWildcardHost(host)) report.error(place, `'${host}' is not a host name`)
    else if (host !== '*' && !host.includes('.'))
      report.error(place, `'${host}' is short for a name`, 'write the whole name, such as web.shop.svc.cluster.local')
    const key = `${ns === '.' ? namespace : ns}/${host}`
    if (seen.has(key)) report.warning(place, `${entry} is there already`, 'remove one of the two')
    seen.add(key)
  }
  const imported = [...seen].filter(key => !key.startsWith('~'))
  if (seen.has('*/*') && imported.length > 1)
    report.warning(field, "'*/*' selects everything, so that the other hosts say nothing", 'remove them')
}

/** After `~`, which excludes, no namespace means every one. */
function isHostNamespace(text: string): boolean {
  const namespace = text.startsWith('~') ? text.slice(1) || '*' : text
  return namespace === '.' || namespace === '*' || isDnsLabel(namespace)
}

function checkOutboundPolicy(policy: SidecarSpec['outboundTrafficPolicy'], report: Report): void {
  if (policy?.mode === 'ALLOW_ANY_DYNAMIC_DNS')
    report.error(
      'spec.outboundTrafficPolicy.mode',
      'ALLOW_ANY_DYNAMIC_DNS is a mode of the whole mesh',
      'use ALLOW_ANY, or set it in the MeshConfig',
    )
  const proxy = policy?.egressProxy
  if (proxy === undefined) return
  const field = 'spec.outboundTrafficPolicy.egressProxy'
  if (policy?.mode !== 'ALLOW_ANY') report.error(field, 'goes with mode ALLOW_ANY only', 'set mode: ALLOW_ANY')
  if (proxy.port === undefined) report.error(`${field}.port`, 'is required')
  checkDestination(proxy, field, report)
}
