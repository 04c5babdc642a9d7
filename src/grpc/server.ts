/**
 * The server half of gRPC, on node:http2. Knows paths and bytes; knows no service and no message type.
 *
 *     listener ─▶ connection (HTTP/2 session, limits, age) ─▶ dispatch (path) ─▶ duplex-call | unary-call ─▶ call-stream
 */

import type { ServerSessionOptions } from 'node:http2'
import type { Socket } from 'node:net'
import type { PeerIdentity, RpcMethod, RpcStatus } from '../platform/rpc.ts'
import { AssemblyBudget } from './assembly-budget.ts'
import { Connection } from './connection.ts'
import { createDispatch } from './dispatch.ts'
import { type BoundAddress, type Listener, listen } from './listener.ts'
import { identifyPeer } from './peer-identity.ts'
import {
  defaultKeepalive,
  defaultLimits,
  type GrpcKeepalive,
  type GrpcLimits,
  type GrpcServerOptions,
  type TlsMaterial,
} from './server-options.ts'
import { sessionOptions } from './session-options.ts'
import { SpareBuffer } from './spare-buffer.ts'

export type { GrpcKeepalive, GrpcLimits, GrpcServerOptions, ListenAddress, TlsMaterial } from './server-options.ts'

export interface GrpcServer {
  /** Before `start` or after. Throws when the path is taken. */
  register(method: RpcMethod): void
  /** Throws GRPC_LISTEN or GRPC_TLS_MATERIAL. When `signal` is aborted the server stops at once. */
  start(signal?: AbortSignal): Promise<BoundAddress>
  /**
   * Tells every client to go. Calls may finish within `drain.withinMs`; then bidirectional ones end with UNAVAILABLE, and
   * what is left after that is cut off. Resolves when the last connection is gone.
   */
  stop(drain?: { readonly withinMs: number }): Promise<void>
  /**
   * For new connections from now on; those that exist keep what they proved. Throws GRPC_TLS_MATERIAL and keeps the
   * material in force when the new one is not usable.
   */
  setTls(material: TlsMaterial): void
  /** Cuts the connections of the peers that `which` picks, with all that runs on them. Returns how many. */
  endConnections(which: (peer: PeerIdentity) => boolean, reason: string): number
  stats(): GrpcServerStats
}

export interface GrpcServerStats {
  readonly connections: number
  readonly streams: number
  /** Connections turned away before their first request, since the start. */
  readonly refusedConnections: number
  /** Connections for which there was no room, since the start: too many, or too many handshakes at once. */
  readonly shedConnections: number
  /** TLS handshakes under way. */
  readonly handshakes: number
}

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  return new Http2GrpcServer(options)
}

class Http2GrpcServer implements GrpcServer {
  readonly #options: GrpcServerOptions
  readonly #limits: GrpcLimits
  readonly #keepalive: GrpcKeepalive
  readonly #methods = new Map<string, RpcMethod>()
  readonly #connections = new Set<Connection>()
  readonly #budget: AssemblyBudget
  readonly #spare = new SpareBuffer()
  readonly #sessionOptions: ServerSessionOptions
  readonly #dispatch: ReturnType<typeof createDispatch>
  #tls: TlsMaterial | undefined
  #listener: Listener | undefined
  #stopped: Promise<void> | undefined
  #whenEmpty: (() => void) | undefined
  #refusedConnections = 0
  #shedConnections = 0
  #toldOfShedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: GrpcServerOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#keepalive = { ...defaultKeepalive, ...options.keepalive }
    this.#tls = options.tls
    this.#budget = new AssemblyBudget(this.#limits.maxAssemblyBytes)
    this.#sessionOptions = sessionOptions(this.#limits)
    this.#dispatch = createDispatch({ methods: this.#methods, clock: options.clock, limits: this.#limits })
  }

  register(method: RpcMethod): void {
    if (this.#methods.has(method.path)) throw new Error(`the method ${method.path} is registered twice`)
    this.#methods.set(method.path, method)
  }

  async start(signal?: AbortSignal): Promise<BoundAddress> {
    signal?.throwIfAborted()
    const listener = await listen({
      listen: this.#options.listen,
      tls: this.#tls,
      limits: this.#limits,
      onSocket: socket => this.#accept(socket),
      clock: this.#options.clock,
      onRefused: refusal => this.#refused(refusal),
      onShed: refusal => this.#shed(refusal),
    })
    this.#listener = listener
    signal?.addEventListener('abort', () => void this.stop(), { once: true })
    if (signal?.aborted === true) await this.stop()
    this.#options.log.info({ ...listener.address, tls: this.#tls !== undefined }, 'grpc listening')
    return listener.address
  }

  setTls(material: TlsMaterial): void {
    if (this.#tls === undefined) throw new Error('this server was made without TLS')
    this.#listener?.setTls(material)
    this.#tls = material
  }

  endConnections(which: (peer: PeerIdentity) => boolean, reason: string): number {
    const picked = [...this.#connections].filter(({ environment }) => which(environment.peer))
    for (const connection of picked) connection.kill(reason)
    return picked.length
  }

  stats(): GrpcServerStats {
    let streams = 0
    for (const connection of this.#connections) streams += connection.streams
    return {
      connections: this.#connections.size,
      streams,
      refusedConnections: this.#refusedConnections,
      shedConnections: this.#shedConnections,
      handshakes: this.#listener?.handshakes ?? 0,
    }
  }

  stop(drain: { readonly withinMs: number } = { withinMs: 0 }): Promise<void> {
    this.#stopped ??= this.#drain(drain.withinMs)
    return this.#stopped
  }

  async #drain(withinMs: number): Promise<void> {
    this.#listener?.close()
    for (const connection of this.#connections) connection.leave()
    await this.#emptyWithin(withinMs)
    const stopping: RpcStatus = { code: 'UNAVAILABLE', message: 'the server is stopping' }
    for (const connection of this.#connections) connection.closeCalls(['unary', 'duplex'], stopping)
    await this.#emptyWithin(lastWordsMs)
    for (const connection of this.#connections) connection.kill('the server is stopping')
    await this.#emptyWithin(lastWordsMs)
  }

  #emptyWithin(ms: number): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const timer = this.#options.clock.after(ms, resolve)
      this.#whenEmpty = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #accept(socket: Socket): void {
    const { listen: address, log, clock, refuseCertificate } = this.#options
    const verdict = identifyPeer(socket, address.kind === 'unix' ? address.path : undefined, refuseCertificate)
    if (socket.destroyed) return
    if (verdict.kind === 'refused' || this.#stopped !== undefined) {
      const reason = verdict.kind === 'refused' ? verdict.reason : 'the server is stopping'
      this.#refused({ reason, address: socket.remoteAddress ?? '' })
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    const connection = new Connection({
      socket,
      peer: verdict.peer,
      log,
      clock,
      session: this.#sessionOptions,
      limits: this.#limits,
      keepalive: this.#keepalive,
      random: this.#options.random ?? (() => 0.5),
      maxMessageBytes: this.#limits.maxMessageBytes,
      budget: this.#budget,
      spare: this.#spare,
      dispatch: this.#dispatch,
      onClose: () => this.#forget(connection),
    })
    this.#connections.add(connection)
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  #refused(refusal: { readonly reason: string; readonly address: string }): void {
    this.#refusedConnections += 1
    this.#options.log.info(refusal, 'grpc connection refused')
  }

  #shed(refusal: { readonly reason: string; readonly address: string }): void {
    this.#shedConnections += 1
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#toldOfShedAtMs < tellOfShedEveryMs) return
    this.#toldOfShedAtMs = nowMs
    const facts = { ...refusal, shed: this.#shedConnections, ...this.#listener?.address }
    this.#options.log.warn(facts, 'grpc connections are turned away: there is no room')
  }
}

/** One line for a whole storm. */
const tellOfShedEveryMs = 10_000

/** From the end of the drain time: for trailers and closing handshakes to get through. */
const lastWordsMs = 500
