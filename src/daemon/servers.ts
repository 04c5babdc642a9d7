/** The daemon's listeners: the TLS and the plaintext gRPC port, the probes' side and the management side. */

import { hostname } from 'node:os'
import type { DaemonView } from '../admin/daemon-view.ts'
import { createHttpSide, type HttpSide } from '../admin/server.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import { standardServerNames } from '../ca/server-certificate/server-names.ts'
import { createGrpcServer, type GrpcServer, type TlsMaterial } from '../grpc/server.ts'
import { formatHostPort, type HostPort, type ServeOptions } from '../options.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { PeerCertificate, RpcMethod } from '../platform/rpc.ts'
import { createManagement, type ManagementParts } from './management.ts'
import { type Ports, readPorts, stickyAddress, writePorts } from './ports.ts'

export interface ServersOptions extends Pick<ManagementParts, 'configuration' | 'statusOf' | 'proxiesOf'> {
  readonly options: ServeOptions
  readonly ca: CertificateAuthority
  readonly view: DaemonView
  /** On both gRPC ports. */
  readonly xdsMethods: readonly RpcMethod[]
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  /** Called with what must be closed again, in the order of opening. */
  readonly onClose: (closer: () => Promise<void> | void) => void
}

export interface Servers {
  /** Probes are answered (not ready) while the rest starts. Throws `ADDRESS_IN_USE`, `ADDRESS_UNUSABLE`. */
  startProbes(): Promise<void>
  /** The other three; writes ports.json and the admin credential. Throws `GRPC_LISTEN` too. */
  startRest(): Promise<Ports>
  grpcStats(): ReturnType<GrpcServer['stats']>
  /** Watches of the management API that are open. */
  watches(): number
  /** On the TLS port. */
  endConnections: GrpcServer['endConnections']
}

const drainMs = 3000
const noConnections = { connections: 0, streams: 0, refusedConnections: 0, shedConnections: 0, handshakes: 0 }

export function createServers(given: ServersOptions): Servers {
  const { options, ca, view, clock, log, random, onClose } = given
  const before = readPorts(options.data)
  const names = [...standardServerNames, hostname(), ...options.serverNames]
  let secure: GrpcServer | undefined
  let httpPort = 0

  const refuseCertificate = ({ serialNumber }: PeerCertificate): string | undefined => {
    const revoked = ca.revocations.certificate(serialNumber)
    return revoked === undefined ? undefined : `revoked (${revoked.reason})`
  }
  const startGrpc = async (
    address: HostPort,
    methods: readonly RpcMethod[],
    tls?: TlsMaterial,
  ): Promise<[GrpcServer, number]> => {
    const listen = { kind: 'tcp', ...address } as const
    const server = createGrpcServer({
      listen,
      log,
      clock,
      random,
      refuseCertificate,
      limits: { handshakesPerAddress: options.handshakesPerAddress },
      ...(tls === undefined ? {} : { tls }),
    })
    for (const method of methods) server.register(method)
    const bound = await server.start()
    onClose(() => server.stop({ withinMs: drainMs }))
    return [server, 'port' in bound ? bound.port : 0]
  }
  const parts = createManagement({
    directory: options.data,
    ca,
    configuration: given.configuration,
    statusOf: given.statusOf,
    proxiesOf: given.proxiesOf,
    random,
    onClose,
    clock,
    log,
  })
  const sideOptions = { names, daemon: view, routes: parts.routes, clock, log, refusals: parts.refusals ?? [] }
  const startSide = async (side: HttpSide): Promise<HostPort> => {
    const bound = await side.start()
    onClose(() => side.stop())
    return bound
  }

  return {
    grpcStats: () => secure?.stats() ?? noConnections,
    watches: () => parts.watches(),
    endConnections: (which, reason) => secure?.endConnections(which, reason) ?? 0,
    async startProbes() {
      const address = await stickyAddress(options.httpAddress, before.http)
      httpPort = (await startSide(createHttpSide({ side: 'http', ...address, ...sideOptions }))).port
    },
    async startRest() {
      const { certificateChainPem: chainPem, privateKeyPem: keyPem } = await ca.issueServerCertificate()
      const trust = { chainPem, keyPem, trustPem: ca.trustBundlePem() }
      const management = createHttpSide({
        side: 'management',
        ...(await stickyAddress(options.managementAddress, before.management)),
        ...sideOptions,
        management: { tls: trust, authenticate: parts.authenticate, trail: parts.trail },
      })
      const bound = await startSide(management)
      const secureAddress = await stickyAddress(options.secureAddress, before.secure)
      const [server, securePort] = await startGrpc(secureAddress, [...given.xdsMethods, ...ca.methods], trust)
      secure = server
      // Also called when the trust has changed.
      onClose(
        ca.onServerCertificate(renewed => {
          const { certificateChainPem, privateKeyPem } = renewed
          const tls = { chainPem: certificateChainPem, keyPem: privateKeyPem, trustPem: ca.trustBundlePem() }
          server.setTls(tls)
          management.setTls(tls)
          parts.writeCredential(formatHostPort(bound))
        }),
      )
      const plaintextPort = await startPlaintext()
      const ports: Ports = {
        secure: securePort,
        ...(plaintextPort === undefined ? {} : { plaintext: plaintextPort }),
        http: httpPort,
        management: bound.port,
      }
      parts.keepCredential(formatHostPort(bound))
      writePorts(options.data, ports)
      return ports
    },
  }

  async function startPlaintext(): Promise<number | undefined> {
    if (options.plaintextAddress === undefined) return undefined
    const address = await stickyAddress(options.plaintextAddress, before.plaintext)
    log.warn({ address: formatHostPort(address) }, 'plaintext xDS is on: whoever reaches it may pose as any proxy')
    const [, port] = await startGrpc(address, given.xdsMethods)
    return port
  }
}
