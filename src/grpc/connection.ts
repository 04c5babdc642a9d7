/**
 * One client's HTTP/2 connection: lets calls in, counts them, and decides when the connection ends (never used, idle,
 * dead, old, abusive, or the server stops).
 */

import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerSessionOptions,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { Timer } from '../platform/clock.ts'
import type { RpcStatus } from '../platform/rpc.ts'
import type { CallEnvironment } from './call-stream.ts'
import { Keepalive } from './keepalive.ts'
import type { OpenCall } from './open-call.ts'
import type { GrpcKeepalive, GrpcLimits } from './server-options.ts'
import { connectionWindowBytes } from './session-options.ts'
import { TokenBucket } from './token-bucket.ts'

/** Checks a request and, unless it is refused, runs its method and hands the call to `connection.admit`. */
export type Dispatch = (stream: ServerHttp2Stream, rawHeaders: readonly string[], connection: Connection) => void

export interface ConnectionOptions extends CallEnvironment {
  readonly socket: Socket
  readonly session: ServerSessionOptions
  readonly limits: GrpcLimits
  readonly keepalive: GrpcKeepalive
  readonly random: () => number
  readonly dispatch: Dispatch
  readonly onClose: () => void
}

export class Connection {
  readonly environment: CallEnvironment
  readonly #options: ConnectionOptions
  readonly #session: ServerHttp2Session
  readonly #keepalive: Keepalive
  readonly #controlFrames: TokenBucket
  readonly #calls = new Set<OpenCall>()
  #streams = 0
  #unusedTimer: Timer | undefined
  #ageTimer: Timer | undefined
  #bytesWrittenAtPing = 0
  #isLeaving = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.environment = options
    const { socket, clock, limits, keepalive, random } = options
    this.#controlFrames = new TokenBucket(limits.controlFrames, clock)
    this.#session = performServerHandshake(socket, options.session)
    this.#keepalive = new Keepalive({
      session: this.#session,
      clock,
      times: keepalive,
      bytesRead: () => socket.bytesRead,
      onDead: () => this.kill('keepalive timeout'),
    })
    this.#listen()
    this.#session.setLocalWindowSize(connectionWindowBytes)
    this.#keepalive.start(keepalive.pingEveryMs * (1 - random() / 2))
    this.#unusedTimer = clock.after(limits.firstStreamMs, () => this.kill('no request in time'))
    const ageMs = keepalive.maxAgeMs * (1 + keepalive.ageJitter * (2 * random() - 1))
    this.#ageTimer = clock.after(ageMs, () => this.#retire())
  }

  get streams(): number {
    return this.#streams
  }

  admit(call: OpenCall, stream: ServerHttp2Stream): void {
    this.#calls.add(call)
    stream.once('close', () => this.#calls.delete(call))
  }

  /**
   * No new calls; the connection ends with its last call. The GOAWAY names the last request that was seen, so that a
   * client knows that it may repeat the others elsewhere. (Two GOAWAYs with a round trip between them would be kinder, but
   * after the first nghttp2 drops new requests without an answer.)
   */
  leave(): void {
    this.#isLeaving = true
    this.#session.close()
  }

  /** Ends every call of a kind with `status`. */
  closeCalls(kinds: readonly OpenCall['kind'][], status: RpcStatus): void {
    for (const call of [...this.#calls]) if (kinds.includes(call.kind)) call.close(status)
  }

  kill(reason: string): void {
    this.#options.log.debug({ peer: this.#options.peer.address, reason }, 'grpc connection ended')
    this.#session.destroy()
    // Not only the session, which would wait for the peer to read what is queued.
    this.#options.socket.destroy()
  }

  #listen(): void {
    const session = this.#session
    session.on('stream', (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, _flags: number, raw: string[]) =>
      this.#accept(stream, raw),
    )
    session.on('ping', () => this.#countControlFrame('pings'))
    session.on('remoteSettings', () => this.#countControlFrame('settings'))
    session.on('error', (error: Error) => {
      this.#options.log.debug({ peer: this.#options.peer.address, err: error }, 'grpc connection failed')
      this.#options.socket.destroy()
    })
    this.#options.socket.once('close', () => this.#closed())
  }

  #accept(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    // A stream's failure is its own: without a listener it would end the process.
    stream.on('error', (error: Error) => this.#options.log.trace({ err: error }, 'grpc stream failed'))
    if (stream.destroyed || stream.closed) return
    this.#streams += 1
    this.#unusedTimer?.cancel()
    stream.once('close', () => this.#ended())
    this.#options.dispatch(stream, rawHeaders, this)
  }

  #ended(): void {
    this.#streams -= 1
    if (this.#streams > 0 || this.#isLeaving) return
    this.#unusedTimer = this.#options.clock.after(this.#options.limits.idleMs, () => this.#retire())
  }

  /** Old or idle: tells the client to go, gives its calls time to finish, ends the others so that they reconnect elsewhere. */
  #retire(): void {
    const { clock, keepalive } = this.#options
    this.leave()
    this.#ageTimer?.cancel()
    this.#ageTimer = clock.after(keepalive.ageGraceMs, () => {
      this.closeCalls(['unary', 'duplex'], { code: 'UNAVAILABLE', message: 'connection too old, reconnect' })
      // A client that neither reads its trailers nor closes its side would stay for ever.
      this.#ageTimer = clock.after(keepalive.ageGraceMs, () => this.kill('did not leave'))
    })
  }

  #countControlFrame(kind: string): void {
    const bytesWritten = this.#options.socket.bytesWritten
    // Answers to the frames themselves are tens of bytes each; a bandwidth probe goes with real data.
    if (bytesWritten - this.#bytesWrittenAtPing > 1024) this.#controlFrames.refill()
    this.#bytesWrittenAtPing = bytesWritten
    if (this.#controlFrames.take() || this.#session.destroyed) return
    this.#session.destroy(new Error(`too many ${kind}`), constants.NGHTTP2_ENHANCE_YOUR_CALM)
    // Once the GOAWAY is out.
    setImmediate(() => this.kill(`too many ${kind}`))
  }

  #closed(): void {
    this.#keepalive.stop()
    this.#unusedTimer?.cancel()
    this.#ageTimer?.cancel()
    this.#options.onClose()
  }
}
