/** networking.istio.io Gateway: the ports that a gateway's proxies open, with the hosts and the TLS of each. */

import { field, list, map, message, optional, requiredText, text, uint32, type Value } from '../schema/fields.ts'
import { checkGatewayTls } from './gateway-tls.ts'
import { isDnsLabel, isIpAddress, isPartialWildcard, isPort, isUnixAddress, isWildcardHost } from './host-syntax.ts'
import { defineKind, type Report } from './kind.ts'
import { isHttpProtocol, isProtocol, isTlsProtocol, protocolRemedy } from './protocol.ts'
import { serverTls } from './server-tls.ts'

const port = message({
  number: field('The port on which the proxy listens; 0 where `bind` is a Unix socket.', uint32()),
  protocol: field(
    'What is spoken on the port: HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS. HTTPS and TLS need `tls`.',
    requiredText(16),
  ),
  name: field('The name of the port; no other server of the Gateway has it.', requiredText(63)),
  targetPort: field('Means nothing here, and is refused unless it is 0.', optional(uint32()), {
    deprecated: 'leave it out',
  }),
})

const server = message({
  port: field('Where the server listens, and for which protocol.', port),
  bind: field(
    'The address, or the Unix socket (`unix:///path`, `unix://@abstract`), that the listener binds.',
    optional(text(4096)),
    { default: 'every address of the proxy' },
  ),
  hosts: field(
    'The hosts that are served, as `host` or `namespace/host`. A host may begin with the wildcard `*`; of VirtualServices, those are used whose hosts meet one of these. The namespace is `*`, `.` (the own one) or a name.',
    list(requiredText(512)),
    { default: '`*/` before a host that names no namespace' },
  ),
  tls: field('How connections are secured; required with HTTPS and TLS.', optional(serverTls)),
  defaultEndpoint: field('The endpoint to which everything goes that no route takes.', optional(text(4096)), {
    notInForce: 'Istio never implemented it, and neither does meshwright',
  }),
  name: field('A name for the server, for statistics.', optional(text(253))),
})

const spec = message({
  servers: field('The ports that are opened.', optional(list(server, 1000))),
  selector: field(
    'The labels of the pods and VMs that are the gateway, in every namespace.',
    optional(map(text(63), 'label')),
    { default: 'every workload' },
  ),
})

export type GatewaySpec = Value<typeof spec>
export type GatewayServer = Value<typeof server>

export const gateway = defineKind({
  name: 'Gateway',
  description: 'The ports that the proxies of a gateway open to clients of the mesh, each with its hosts and its TLS.',
  plural: 'gateways',
  shortNames: ['gw'],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'no proxy is made a gateway yet',
  check({ spec, metadata }, report) {
    if (!isDnsLabel(metadata.name))
      report.error('metadata.name', `'${metadata.name}' is not the name of a Gateway`, 'use a name without dots')
    const servers = spec.servers ?? []
    if (servers.length === 0) report.error('spec.servers', 'names no server', 'add one with port and hosts')
    const portNames = new Set<string>()
    const names = new Set<string>()
    for (const [index, each] of servers.entries()) {
      const place = `spec.servers[${index}]`
      checkServer(each, place, report)
      if (portNames.has(each.port.name))
        report.error(
          `${place}.port.name`,
          `there is a port ${each.port.name} already`,
          'give the port of each server its own name',
        )
      portNames.add(each.port.name)
      const { name = '' } = each
      if (name !== '' && names.has(name))
        report.warning(`${place}.name`, `there is a server ${name} already`, 'give each server its own name')
      names.add(name)
    }
  },
})

function checkServer(each: GatewayServer, place: string, report: Report): void {
  if (each.hosts.length === 0) report.error(`${place}.hosts`, 'names no host', "name one, or '*'")
  for (const [index, host] of each.hosts.entries()) checkGatewayHost(host, `${place}.hosts[${index}]`, report)
  checkPort(each, `${place}.port`, report)
  checkBind(each, place, report)
  if (each.tls !== undefined) checkGatewayTls(each.tls, `${place}.tls`, report)
  checkTlsOfProtocol(each, place, report)
}

function checkPort({ port, bind = '' }: GatewayServer, place: string, report: Report): void {
  if (!isProtocol(port.protocol))
    report.error(`${place}.protocol`, `${port.protocol} is not a protocol`, protocolRemedy)
  if (!isPort(port.number) && !(port.number === 0 && isUnix(bind)))
    report.error(`${place}.number`, `${port.number} is not a port`, 'use 1 to 65535')
  if ((port.targetPort ?? 0) !== 0)
    report.error(`${place}.targetPort`, 'has no meaning on a gateway', 'remove it; routes say where requests go')
}

const isUnix = (bind: string): boolean => bind.startsWith('unix://')

function checkBind({ port, bind = '' }: GatewayServer, place: string, report: Report): void {
  if (isUnix(bind)) {
    if (!isUnixAddress(bind))
      report.error(`${place}.bind`, `${bind} is not the path of a socket`, 'use unix:///absolute/path or unix://@name')
    if (port.number !== 0) report.error(`${place}.port.number`, 'must be 0 with a Unix socket', 'use 0')
  } else if (bind !== '' && !isIpAddress(bind)) {
    report.error(`${place}.bind`, `${bind} is not an address`, 'use an IP address or unix:///path')
  }
}

/** HTTPS and TLS need settings; HTTP takes only the redirect; what is neither takes none. */
function checkTlsOfProtocol({ port, tls }: GatewayServer, place: string, report: Report): void {
  if (tls?.httpsRedirect === true && !isHttpProtocol(port.protocol))
    report.warning(`${place}.tls.httpsRedirect`, 'redirects requests of HTTP ports only', 'remove it')
  if (isTlsProtocol(port.protocol)) {
    if (tls === undefined)
      report.error(`${place}.tls`, `is required with protocol ${port.protocol}`, 'say the mode and the credential')
    return
  }
  if (tls === undefined) return
  if (!isHttpProtocol(port.protocol)) {
    report.error(`${place}.tls`, `cannot stand with protocol ${port.protocol}`, 'use protocol TLS, or remove it')
    return
  }
  const mode = tls.mode ?? 'PASSTHROUGH'
  const passes = mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH'
  const files = [tls.caCertificates, tls.privateKey, tls.serverCertificate].some(file => (file ?? '') !== '')
  if (!passes || files)
    report.error(
      `${place}.tls`,
      `takes httpsRedirect alone with protocol ${port.protocol}`,
      'use protocol HTTPS for encrypted requests',
    )
}

/** `host` or `namespace/host`. */
function checkGatewayHost(text: string, place: string, report: Report): void {
  const slash = text.indexOf('/')
  const namespace = slash < 0 ? '*' : text.slice(0, slash)
  const host = text.slice(slash + 1)
  if (namespace !== '*' && namespace !== '.' && !isDnsLabel(namespace))
    report.error(place, `'${namespace}' is not a namespace`, "use '*', '.' or the name of a namespace before the /")
  if (host === '*' || isIpAddress(host)) return
  if (!isWildcardHost(host) || isPartialWildcard(host))
    report.error(place, `'${host}' is not a host`, "write a name, '*', or a name that begins with '*.'")
  else if (!host.includes('.'))
    report.error(place, `'${host}' is short for a name, and clients outside use the whole one`, 'write the whole name')
}
