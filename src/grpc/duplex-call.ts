/** A bidirectional method's view of its call. Messages that come before a handler is set are lost: it is set in `handle`. */

import type { ServerHttp2Stream } from 'node:http2'
import type { Duplex, RpcMetadata, RpcMethod, RpcStatus } from '../platform/rpc.ts'
import { type CallEnvironment, CallStream } from './call-stream.ts'
import type { AcceptedCall, OpenCall } from './open-call.ts'
import { statusFromThrown } from './status.ts'

export function openDuplexCall(
  stream: ServerHttp2Stream,
  environment: CallEnvironment,
  { head, method }: AcceptedCall<Extract<RpcMethod, { kind: 'duplex' }>>,
): OpenCall {
  const call = new DuplexCall(stream, environment, head)
  call.start(method)
  return call
}

class DuplexCall implements Duplex, OpenCall {
  readonly kind = 'duplex'
  readonly peer
  readonly metadata: RpcMetadata
  readonly #call: CallStream
  readonly #environment: CallEnvironment
  #onMessage: ((body: Uint8Array) => void) | undefined
  #onDrain: (() => void) | undefined
  #onHalfClose: (() => void) | undefined
  #onClose: (() => void) | undefined

  constructor(stream: ServerHttp2Stream, environment: CallEnvironment, head: AcceptedCall['head']) {
    this.peer = environment.peer
    this.metadata = head.metadata
    this.#environment = environment
    this.#call = new CallStream(stream, environment, head, {
      bodies: 'lent',
      message: body => this.#onMessage?.(body),
      drain: () => this.#onDrain?.(),
      halfClose: () => this.#onHalfClose?.(),
      end: () => undefined,
      close: () => this.#onClose?.(),
    })
  }

  start(method: Extract<RpcMethod, { kind: 'duplex' }>): void {
    try {
      method.handle(this)
    } catch (thrown) {
      this.close(statusFromThrown(thrown, { log: this.#environment.log, path: method.path }))
    }
    this.#call.open()
  }

  send(frame: Parameters<Duplex['send']>[0]): boolean {
    return this.#call.send(frame)
  }

  onMessage(handler: (body: Uint8Array) => void): void {
    this.#onMessage = handler
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler
  }

  onHalfClose(handler: () => void): void {
    this.#onHalfClose = handler
  }

  onClose(handler: () => void): void {
    this.#onClose = handler
  }

  close(status: RpcStatus): void {
    this.#call.finish(status)
  }
}
