/** A listening socket, TCP or Unix, plain or TLS; hands over each connection once it can carry HTTP/2. */

import { chmodSync, lstatSync, rmSync } from 'node:fs'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import tls, { type Server as TlsServer } from 'node:tls'
import type { Clock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { createHandshakes, type Handshakes } from './handshakes.ts'
import type { GrpcLimits, ListenAddress, TlsMaterial } from './server-options.ts'
import { secureContextOptions, tlsServerOptions } from './tls-context.ts'

export type BoundAddress = { readonly host: string; readonly port: number } | { readonly path: string }

export interface ListenerOptions {
  readonly listen: ListenAddress
  readonly tls: TlsMaterial | undefined
  readonly limits: Pick<GrpcLimits, 'handshakeMs' | 'maxHandshakes' | 'handshakesPerAddress' | 'maxConnections'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly onSocket: (socket: Socket) => void
  /** A connection that never got so far. */
  readonly onRefused: (refusal: { readonly reason: string; readonly address: string }) => void
  /** One for which there was no room. */
  readonly onShed: (refusal: { readonly reason: string; readonly address: string }) => void
}

export interface Listener {
  /** TLS handshakes under way. */
  readonly handshakes: number
  readonly address: BoundAddress
  /** New handshakes use `material`; connections that exist are left alone. */
  setTls(material: TlsMaterial): void
  /** Takes no new connections; those that exist are the caller's. */
  close(): void
}

/** Throws GRPC_LISTEN, and GRPC_TLS_MATERIAL. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { onRefused, onShed } = options
  const { server, tlsServer, handshakes } = createServers(options)
  server.maxConnections = options.limits.maxConnections
  server.on('drop', () => onShed({ reason: 'too many connections', address: '' }))
  await bind(server, options.listen)
  // Failures to accept, such as running out of file descriptors: that connection is lost, the listener is not.
  server.on('error', error => onRefused({ reason: error.message, address: '' }))
  return {
    get handshakes() {
      return handshakes?.underWay ?? 0
    },
    address: boundAddress(server, options.listen),
    setTls: material => tlsServer?.setSecureContext(secureContextOptions(material)),
    close: () => server.close(),
  }
}

interface Servers {
  readonly server: Server
  /** Is given the connections of `server` that may begin their handshake. */
  readonly tlsServer?: TlsServer
  readonly handshakes?: Handshakes
}

function createServers(options: ListenerOptions): Servers {
  const { tls: material, limits, clock, onRefused, onShed } = options
  if (material === undefined) return { server: net.createServer(socketOptions, socket => begin(socket, options)) }
  const onShedHandshake = (reason: string, address: string): void => onShed({ reason, address })
  const { maxHandshakes: most, handshakesPerAddress: sharePerAddress } = limits
  const handshakes = createHandshakes({ most, sharePerAddress, clock, onShed: onShedHandshake })
  const tlsServer = tls.createServer(tlsServerOptions(material, limits), socket => {
    handshakes.done(socket)
    begin(socket, options)
  })
  tlsServer.on('tlsClientError', (error, socket) => {
    onRefused({ reason: error.message, address: socket.remoteAddress ?? '' })
    socket.destroy()
  })
  const server = net.createServer(socketOptions, socket => {
    if (handshakes.begin(socket)) tlsServer.emit('connection', socket)
  })
  return { server, tlsServer, handshakes }
}

/** Whatever a peer's certificate or first bytes do to the code behind, it ends that connection and no other. */
function begin(socket: Socket, { onSocket, onRefused }: ListenerOptions): void {
  try {
    onSocket(socket)
  } catch (thrown) {
    onRefused({
      reason: thrown instanceof Error ? thrown.message : String(thrown),
      address: socket.remoteAddress ?? '',
    })
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

async function bind(server: Server, address: ListenAddress): Promise<void> {
  if (address.kind === 'tcp') {
    return await listening(server, address, () => server.listen({ ...address, backlog }))
  }
  await removeStaleSocket(address.path)
  await listening(server, address, () => listenPrivately(server, address))
}

function listening(server: Server, address: ListenAddress, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => reject(listenError(address, cause))
    server.once('error', refuse)
    server.once('listening', () => {
      server.off('error', refuse)
      resolve()
    })
    start()
  })
}

/** The file must never exist with wider permissions, so that they are set by the umask and not after the fact. */
function listenPrivately(server: Server, { path, mode }: Extract<ListenAddress, { kind: 'unix' }>): void {
  const earlier = process.umask(0o777 & ~mode)
  try {
    server.listen({ path, backlog })
  } finally {
    process.umask(earlier)
  }
  server.once('listening', () => chmodSync(path, mode))
}

/** A socket file that nobody answers on is left from a process that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  // Connecting to a plain file is refused as well; that one is not ours to remove.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return
  const answer = await new Promise<string>(resolve => {
    const probe = net.connect({ path }, () => resolve('listening'))
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    probe.once('connect', () => probe.destroy())
  })
  if (answer === 'ECONNREFUSED') rmSync(path, { force: true })
}

function boundAddress(server: Server, listenAddress: ListenAddress): BoundAddress {
  if (listenAddress.kind === 'unix') return { path: listenAddress.path }
  // Sound: a TCP server that is listening has an AddressInfo.
  const { address, port } = server.address() as AddressInfo
  return { host: address, port }
}

function listenError(address: ListenAddress, cause: NodeJS.ErrnoException): MeshwrightError {
  const name = address.kind === 'tcp' ? `${address.host}:${address.port}` : address.path
  const reason = reasons[cause.code ?? ''] ?? cause.message
  return new MeshwrightError('GRPC_LISTEN', {
    message: `cannot listen on ${name}: ${reason}`,
    remedy: 'Free the address, or choose another one (port 0 takes a free port).',
    facts: { address: name, errno: cause.code },
    cause,
  })
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'permission denied',
  ENOENT: 'the directory does not exist',
  EINVAL: 'the address is not valid (a Unix socket path may have 107 bytes)',
}

/** The kernel's own limit (net.core.somaxconn) is usually lower. */
const backlog = 4096

const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
