/**
 * One gRPC call on one HTTP/2 stream: messages in, frames and one status out, whatever the kind of method. Knows
 * envelopes, trailers and deadlines; knows no method.
 */

import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { constants } from 'node:http2'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Frame, PeerIdentity, RpcStatus } from '../platform/rpc.ts'
import type { AssemblyBudget } from './assembly-budget.ts'
import { FrameWriter } from './frame-writer.ts'
import { MessageReader } from './message-reader.ts'
import type { SpareBuffer } from './spare-buffer.ts'
import { statusFromThrown, statusTrailers } from './status.ts'

/** What the calls of one connection share. */
export interface CallEnvironment {
  readonly peer: PeerIdentity
  readonly log: Log
  readonly clock: Clock
  readonly maxMessageBytes: number
  readonly budget: AssemblyBudget
  readonly spare: SpareBuffer
}

/** An exception in one of these ends the call, and nothing else. */
export interface CallEvents {
  /** `lent`: a body is only valid during `message`. */
  readonly bodies: 'lent' | 'kept'
  message(body: Uint8Array): void
  halfClose(): void
  drain(): void
  /** Once: the call's status is decided, nothing more will be sent. */
  end(): void
  /** Once, last: nothing is left of the stream. */
  close(): void
}

export class CallStream {
  readonly #stream: ServerHttp2Stream
  readonly #environment: CallEnvironment
  readonly #path: string
  readonly #events: CallEvents
  readonly #writer: FrameWriter
  readonly #reader: MessageReader
  readonly #deadline: Timer | undefined
  #status: RpcStatus | undefined
  #hasHalfClosed = false

  constructor(
    stream: ServerHttp2Stream,
    environment: CallEnvironment,
    head: { readonly path: string; readonly timeoutMs?: number },
    events: CallEvents,
  ) {
    this.#stream = stream
    this.#environment = environment
    this.#path = head.path
    this.#events = events
    this.#writer = new FrameWriter(stream, {
      pieces: environment.peer.transport === 'tls' ? 'sliced' : 'whole',
      onDrain: () => this.#guard(() => events.drain()),
    })
    this.#reader = new MessageReader({
      maxMessageBytes: environment.maxMessageBytes,
      budget: environment.budget,
      spare: events.bodies === 'lent' ? environment.spare : undefined,
      onMessage: body => this.#guard(() => events.message(body)),
    })
    if (head.timeoutMs !== undefined) {
      const status: RpcStatus = { code: 'DEADLINE_EXCEEDED', message: 'deadline exceeded' }
      this.#deadline = environment.clock.after(head.timeoutMs, () => this.finish(status))
    }
  }

  /** Starts the flow of messages; separate from construction so that handlers are in place. */
  open(): void {
    this.#stream.on('close', () => this.#closed())
    this.#stream.on('data', (chunk: Buffer) => this.#received(chunk))
    this.#stream.on('end', () => this.#ended())
  }

  /** The response's header fields; only before the first frame. Without this call they leave with the first frame. */
  respond(headers: OutgoingHttpHeaders): void {
    this.#stream.respond({ ...headers, ':status': 200, 'content-type': 'application/grpc' }, respondOptions)
    this.#stream.on('wantTrailers', () => this.#sendTrailers())
  }

  /** False when the socket is full, or when the call has ended. */
  send(frame: Frame): boolean {
    if (this.#status !== undefined || !isWritable(this.#stream)) return false
    if (!this.#stream.headersSent) this.respond({})
    return this.#writer.write(frame)
  }

  /** Ends the call with `status` once what was sent has left. Only the first call counts. */
  finish(status: RpcStatus): void {
    if (this.#status !== undefined) return
    this.#settle(status)
    if (!isWritable(this.#stream)) return
    if (this.#stream.headersSent) this.#writer.end()
    else this.#sendTrailersOnly(status)
  }

  /** Runs a handler's code; what it throws becomes the call's status. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.finish(statusFromThrown(thrown, { log: this.#environment.log, path: this.#path }))
    }
  }

  #received(chunk: Buffer): void {
    const fault = this.#reader.push(chunk)
    if (fault !== undefined) this.finish(fault)
  }

  #ended(): void {
    this.#hasHalfClosed = true
    // The readable side also ends when the stream is reset; that is a close, not a half-close.
    if (this.#status !== undefined || this.#stream.destroyed || this.#stream.aborted) return
    const fault = this.#reader.end()
    if (fault === undefined) this.#guard(() => this.#events.halfClose())
    else this.finish(fault)
  }

  #sendTrailersOnly(status: RpcStatus): void {
    sendTrailersOnly(this.#stream, status)
    this.#stream.once('finish', () => this.#stopReceiving())
  }

  #sendTrailers(): void {
    const status = this.#status ?? { code: 'UNKNOWN', message: '' }
    this.#stream.sendTrailers({ ...statusTrailers(status) })
    // node:http2 submits trailers in an immediate of its own, queued just above.
    setImmediate(() => this.#stopReceiving())
  }

  /** The answer is complete: a client that still sends is told that nobody listens (RFC 9113, 8.1). */
  #stopReceiving(): void {
    if (!this.#hasHalfClosed && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }

  #closed(): void {
    if (this.#status === undefined) this.#settle({ code: 'CANCELLED', message: 'the client went away' })
    this.#guard(() => this.#events.close())
  }

  #settle(status: RpcStatus): void {
    this.#status = status
    this.#deadline?.cancel()
    this.#reader.stop()
    this.#guard(() => this.#events.end())
  }
}

/** Turns a request away before its message is read: a status, and the client is told that nobody listens. */
export function refuseRequest(stream: ServerHttp2Stream, status: RpcStatus): void {
  sendTrailersOnly(stream, status)
  stream.once('finish', () => {
    if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR)
  })
}

/** A response that is only a status. */
function sendTrailersOnly(stream: ServerHttp2Stream, status: RpcStatus): void {
  const headers = { ':status': 200, 'content-type': 'application/grpc', ...statusTrailers(status) }
  stream.respond(headers, trailersOnlyOptions)
}

const trailersOnlyOptions = { endStream: true, sendDate: false }
// A date field is of no use to a gRPC client.
const respondOptions = { waitForTrailers: true, sendDate: false }

function isWritable(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed
}
