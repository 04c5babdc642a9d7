/** What a ServiceEntry may say, beyond its form: above all, which addresses go with which resolution. */

import { checkExportTo } from './export-to.ts'
import { isHostLabel, isHostname, isIpAddress, isIpOrCidr, isPartialWildcard, isWildcardHost } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { isHttpProtocol, isProtocol, isTlsProtocol, protocolRemedy } from './protocol.ts'
import type { ServiceEntrySpec } from './service-entry.ts'
import { checkWorkloadEntry, type WorkloadEntrySpec } from './workload-entry.ts'
import { checkSelector } from './workload-selector.ts'

export function checkServiceEntry(spec: ServiceEntrySpec, namespace: string, report: Report): void {
  checkHosts(spec, report)
  checkAddresses(spec, report)
  checkPorts(spec, report)
  checkEndpoints(spec, report)
  if (spec.workloadSelector !== undefined) {
    checkSelector(spec.workloadSelector.labels, 'spec.workloadSelector', report)
    if (resolutionOf(spec) !== 'STATIC')
      report.warning('spec.workloadSelector', `selects nothing with resolution ${resolutionOf(spec)}`, 'use STATIC')
  }
  checkExportTo(spec.exportTo, { namespace, invisible: 'allowed' }, report)
}

const resolutionOf = (spec: ServiceEntrySpec): NonNullable<ServiceEntrySpec['resolution']> => spec.resolution ?? 'NONE'

const isDns = (spec: ServiceEntrySpec): boolean => spec.resolution === 'DNS' || spec.resolution === 'DNS_ROUND_ROBIN'

function checkHosts(spec: ServiceEntrySpec, report: Report): void {
  for (const [index, host] of spec.hosts.entries()) {
    const field = `spec.hosts[${index}]`
    if (host === '*') continue
    if (!isWildcardHost(host)) report.error(field, `'${host}' is not a host name`)
    else if (isPartialWildcard(host))
      report.warning(field, `'${host}' is a wildcard inside a label`, `did you mean *.${host.slice(1)}?`)
    else if (isDns(spec) && (spec.endpoints ?? []).length === 0 && !isHostname(host)) {
      report.error(field, `'${host}' cannot be looked up in DNS`, 'name a host without wildcard, or add endpoints')
    }
  }
  if (spec.resolution === 'DYNAMIC_DNS' && !spec.hosts.every(host => host.startsWith('*')))
    report.error('spec.resolution', 'DYNAMIC_DNS is for wildcard hosts only', 'use DNS')
}

function checkAddresses(spec: ServiceEntrySpec, report: Report): void {
  for (const [index, address] of (spec.addresses ?? []).entries()) {
    const field = `spec.addresses[${index}]`
    if (!isIpOrCidr(address)) report.error(field, `'${address}' is neither an IP address nor a CIDR range`)
  }
  if (spec.resolution === 'DYNAMIC_DNS' && (spec.addresses ?? []).length > 0)
    report.error('spec.addresses', 'cannot stand beside resolution DYNAMIC_DNS, which goes by the host', 'remove them')
}

function checkPorts(spec: ServiceEntrySpec, report: Report): void {
  const names = new Set<string>()
  const severalHosts = spec.hosts.length > 1 && resolutionOf(spec) !== 'NONE'
  for (const [index, port] of (spec.ports ?? []).entries()) {
    const field = `spec.ports[${index}]`
    if (!isHostLabel(port.name))
      report.error(`${field}.name`, `'${port.name}' is not a port name`, 'use letters, digits and -')
    if (!isProtocol(port.protocol))
      report.error(`${field}.protocol`, `'${port.protocol}' is not a protocol`, protocolRemedy)
    if (port.name !== '' && names.has(port.name))
      report.error(`${field}.name`, `there is a port ${port.name} already`, 'give each port its own name')
    if (spec.resolution === 'DYNAMIC_DNS' && !namesItsHost.has((port.protocol ?? '').toLowerCase()))
      report.error(
        `${field}.protocol`,
        `${port.protocol || 'no protocol'} does not go with resolution DYNAMIC_DNS`,
        'use HTTP, HTTP2, GRPC or TLS',
      )
    const target = port.targetPort ?? 0
    if (target !== 0 && resolutionOf(spec) === 'NONE')
      report.warning(`${field}.targetPort`, 'has no effect with resolution NONE', 'remove it')
    if (severalHosts && !isHttpProtocol(port.protocol) && !isTlsProtocol(port.protocol)) {
      report.error(
        `${field}.protocol`,
        'cannot tell several hosts apart',
        'use an HTTP or TLS protocol, or one ServiceEntry a host',
      )
    }
    checkOwnAddress(spec, index, report)
    names.add(port.name)
  }
}

/** The protocols of which the host of each request or connection is looked up. */
const namesItsHost: ReadonlySet<string> = new Set(['http', 'http2', 'grpc', 'tls'])

/** Without an address of its own, what is not told apart by host or SNI takes its port on every address. */
function checkOwnAddress(spec: ServiceEntrySpec, index: number, report: Report): void {
  const { protocol = '' } = spec.ports?.[index] ?? {}
  if ((spec.addresses ?? []).length > 0 || (protocol !== '' && protocol.toLowerCase() !== 'tcp')) return
  report.warning(
    `spec.ports[${index}]`,
    'is TCP on a service without addresses: every connection to that port, whatever its address, is taken for it',
    'name addresses, or a protocol that says which host is meant',
  )
}

function checkEndpoints(spec: ServiceEntrySpec, report: Report): void {
  const endpoints = spec.endpoints ?? []
  const resolution = resolutionOf(spec)
  if (resolution === 'NONE') return
  if (resolution === 'DYNAMIC_DNS' && endpoints.length > 0) {
    report.error(
      'spec.endpoints',
      `cannot stand beside resolution ${resolution}`,
      'use STATIC or DNS, or remove the endpoints',
    )
    return
  }
  const portNames = new Set((spec.ports ?? []).map(port => port.name))
  for (const [index, endpoint] of endpoints.entries()) {
    const field = `spec.endpoints[${index}]`
    checkWorkloadEntry(endpoint, field, report)
    checkEndpointAddress(endpoint, { field, resolution, ports: portNames.size }, report)
    for (const name of Object.keys(endpoint.ports ?? {})) {
      if (!portNames.has(name))
        report.error(`${field}.ports.${name}`, `the service has no port ${name}`, 'use the name of one of its ports')
    }
  }
}

interface EndpointPlace {
  readonly field: string
  readonly resolution: string
  readonly ports: number
}

function checkEndpointAddress(
  endpoint: WorkloadEntrySpec,
  { field, resolution, ports }: EndpointPlace,
  report: Report,
): void {
  const address = endpoint.address ?? ''
  const isUnix = address.startsWith('unix://')
  if (resolution === 'STATIC') {
    if (isUnix && ports !== 1)
      report.error(
        `${field}.address`,
        `a Unix socket serves one port, and the service has ${ports}`,
        'declare one port',
      )
    if (!isUnix && address !== '' && !isIpAddress(address)) {
      report.error(`${field}.address`, `'${address}' is not an IP address`, 'use resolution DNS for host names')
    }
  } else if (isUnix)
    report.error(`${field}.address`, `a Unix socket is not possible with resolution ${resolution}`, 'use STATIC')
  else if (address === '')
    report.error(`${field}.address`, `is required with resolution ${resolution}`, 'name a host or an IP address')
}
