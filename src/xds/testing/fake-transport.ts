/** Streams without a socket: everything happens inside the call, so that a test needs no waiting. */

import type { Duplex, Frame, PeerIdentity, RpcMethod, RpcStatus } from '../../platform/rpc.ts'
import type { ClientStream } from './client-stream.ts'

export interface FakeStream extends ClientStream {
  /** Every frame that the server sent, as it was handed over. */
  readonly frames: readonly Frame[]
  readonly isPaused: boolean
}

const anyPeer: PeerIdentity = { transport: 'plaintext', address: '192.0.2.1:1000' }

export function openFakeStream(methods: readonly RpcMethod[], path: string, peer: PeerIdentity = anyPeer): FakeStream {
  const method = methods.find(candidate => candidate.path === path)
  if (method?.kind !== 'duplex') throw new Error(`no duplex method ${path}`)
  const stream = new Fake(peer)
  method.handle(stream.server)
  return stream
}

class Fake implements FakeStream {
  readonly frames: Frame[] = []
  readonly server: Duplex
  isPaused = false
  #isEnded = false
  #status: RpcStatus | undefined
  #unread: Frame[] = []
  #toClient: (body: Uint8Array) => void = () => undefined
  #ended: (status: RpcStatus) => void = () => undefined
  #fromClient: (body: Uint8Array) => void = () => undefined
  #drained: () => void = () => undefined
  #halfClosed: () => void = () => undefined
  #closed: () => void = () => undefined

  constructor(peer: PeerIdentity) {
    this.server = {
      peer,
      metadata: {},
      send: frame => {
        if (this.#isEnded) return false
        this.frames.push(frame)
        this.#unread.push(frame)
        this.#deliver()
        return !this.isPaused
      },
      onMessage: handler => {
        this.#fromClient = handler
      },
      onDrain: handler => {
        this.#drained = handler
      },
      onHalfClose: handler => {
        this.#halfClosed = handler
      },
      onClose: handler => {
        this.#closed = handler
      },
      close: status => this.#end(status),
    }
  }

  send(body: Uint8Array): void {
    if (!this.#isEnded) this.#fromClient(body)
  }

  onMessage(handler: (body: Uint8Array) => void): void {
    this.#toClient = handler
  }

  onEnd(handler: (status: RpcStatus) => void): void {
    this.#ended = handler
    // The server may have ended it before anybody listened.
    if (this.#status !== undefined) handler(this.#status)
  }

  halfClose(): void {
    if (!this.#isEnded) this.#halfClosed()
  }

  cancel(): void {
    this.#end({ code: 'CANCELLED', message: '' })
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.#deliver()
    if (!this.#isEnded) this.#drained()
  }

  #deliver(): void {
    while (!this.isPaused) {
      const frame = this.#unread.shift()
      if (frame === undefined) return
      const message = Buffer.concat(frame)
      if (message[0] !== 0 || message.readUInt32BE(1) !== message.length - 5)
        throw new Error('the gRPC prefix is wrong')
      this.#toClient(message.subarray(5))
    }
  }

  #end(status: RpcStatus): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#status = status
    this.#closed()
    this.#ended(status)
  }
}
