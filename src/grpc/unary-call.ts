/** A unary method's call: one message in, the half-close, one answer out. */

import type { ServerHttp2Stream } from 'node:http2'
import { frameOf, type RpcMethod, type RpcStatus, type UnaryAnswer } from '../platform/rpc.ts'
import { type CallEnvironment, CallStream } from './call-stream.ts'
import { headersFromMetadata } from './metadata.ts'
import type { AcceptedCall, OpenCall } from './open-call.ts'
import { statusFromThrown } from './status.ts'

type UnaryMethod = Extract<RpcMethod, { kind: 'unary' }>

export function openUnaryCall(
  stream: ServerHttp2Stream,
  environment: CallEnvironment,
  accepted: AcceptedCall<UnaryMethod>,
): OpenCall {
  return new UnaryRun(stream, environment, accepted)
}

class UnaryRun implements OpenCall {
  readonly kind = 'unary'
  readonly #call: CallStream
  readonly #environment: CallEnvironment
  readonly #accepted: AcceptedCall<UnaryMethod>
  readonly #gone = new AbortController()
  /** Handed over and not kept: who waits for an answer would hold it, and the chunk that it came in. */
  #body: Uint8Array | undefined
  #hasMessage = false
  #hasAnswered = false

  constructor(stream: ServerHttp2Stream, environment: CallEnvironment, accepted: AcceptedCall<UnaryMethod>) {
    this.#environment = environment
    this.#accepted = accepted
    this.#call = new CallStream(stream, environment, accepted.head, {
      bodies: 'kept',
      message: body => this.#message(body),
      halfClose: () => this.#run(),
      drain: () => undefined,
      end: () => this.#end(),
      close: () => undefined,
    })
    this.#call.open()
  }

  close(status: RpcStatus): void {
    this.#call.finish(status)
  }

  #message(body: Uint8Array): void {
    if (!this.#hasMessage) this.#body = body
    else this.close({ code: 'UNIMPLEMENTED', message: 'more than one request message for a unary method' })
    this.#hasMessage = true
  }

  #run(): void {
    if (this.#body === undefined) {
      this.close({ code: 'UNIMPLEMENTED', message: 'no request message for a unary method' })
      return
    }
    const body = this.#body
    this.#body = undefined
    this.#answer(body).catch((thrown: unknown) => this.close(this.#statusFrom(thrown)))
  }

  async #answer(body: Uint8Array): Promise<void> {
    const { head, method } = this.#accepted
    const call = { peer: this.#environment.peer, metadata: head.metadata, body, signal: this.#gone.signal }
    this.#send(await method.handle(call))
  }

  #end(): void {
    if (!this.#hasAnswered) this.#gone.abort()
  }

  #send(answer: UnaryAnswer): void {
    if (this.#gone.signal.aborted) return
    this.#hasAnswered = true
    if (answer.metadata !== undefined) this.#call.respond(headersFromMetadata(answer.metadata))
    this.#call.send(frameOf(answer.body))
    this.close({ code: 'OK', message: '' })
  }

  #statusFrom(thrown: unknown): RpcStatus {
    // A handler that stops because its signal was aborted is doing what it should.
    if (this.#gone.signal.aborted) return { code: 'CANCELLED', message: '' }
    return statusFromThrown(thrown, { log: this.#environment.log, path: this.#accepted.head.path })
  }
}
