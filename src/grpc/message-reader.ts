/**
 * Cuts a request body, which arrives in chunks of any size, into gRPC length-prefixed messages. The size limit is
 * enforced on the five bytes of the prefix, before anything is buffered.
 */

import type { RpcStatus } from '../platform/rpc.ts'
import type { AssemblyBudget } from './assembly-budget.ts'
import { type SpareBuffer, spareBufferBytes } from './spare-buffer.ts'

export interface MessageReaderOptions {
  readonly maxMessageBytes: number
  readonly budget: AssemblyBudget
  /** Absent: bodies may be kept. Else a body is only valid during `onMessage`. */
  readonly spare?: SpareBuffer | undefined
  /** `body` is a view of the chunk when the whole message lay in it. */
  readonly onMessage: (body: Uint8Array) => void
}

export class MessageReader {
  readonly #options: MessageReaderOptions
  #prefixBytes = 0
  #length = 0
  #have = 0
  #buffer: Buffer | undefined
  /** The buffer is the spare one. */
  #isLent = false
  #stopped = false

  constructor(options: MessageReaderOptions) {
    this.#options = options
  }

  /** A status when the stream must end with it; the reader then takes nothing more. */
  push(chunk: Uint8Array): RpcStatus | undefined {
    let at = 0
    while (at < chunk.length && !this.#stopped) {
      if (this.#prefixBytes < 5) {
        const fault = this.#takePrefixByte(chunk[at] ?? 0)
        at += 1
        if (fault !== undefined) return this.#fail(fault)
      } else {
        const takes = Math.min(this.#length - this.#have, chunk.length - at)
        const part = chunk.subarray(at, at + takes)
        at += takes
        if (takes === this.#length) this.#deliver(part)
        else if (!this.#append(part)) return this.#fail(crowded)
      }
    }
    return undefined
  }

  /** The peer has finished sending: a status when it stopped inside a message. */
  end(): RpcStatus | undefined {
    if (this.#stopped || this.#prefixBytes === 0) return undefined
    return this.#fail({ code: 'INTERNAL', message: 'the stream ended inside a message' })
  }

  /** Forgets what was half received; later chunks are ignored. Safe inside `onMessage`, and more than once. */
  stop(): void {
    this.#stopped = true
    this.#release()
  }

  #takePrefixByte(byte: number): RpcStatus | undefined {
    if (this.#prefixBytes === 0 && byte !== 0) {
      return { code: 'INTERNAL', message: 'compressed message without grpc-encoding' }
    }
    this.#length = this.#length * 256 + byte
    this.#prefixBytes += 1
    if (this.#prefixBytes < 5) return undefined
    if (this.#length > this.#options.maxMessageBytes) {
      const message = `message of ${this.#length} bytes is larger than the limit of ${this.#options.maxMessageBytes}`
      return { code: 'RESOURCE_EXHAUSTED', message }
    }
    if (this.#length === 0) this.#deliver(empty)
    return undefined
  }

  /** Copies: a chunk of one byte would otherwise keep alive the whole buffer that it was read into. */
  #append(part: Uint8Array): boolean {
    const needs = this.#have + part.length
    const buffer = this.#buffer ?? empty
    if (needs > buffer.length && !this.#grow(needs)) return false
    this.#buffer?.set(part, this.#have)
    this.#have = needs
    if (this.#have === this.#length && this.#buffer !== undefined) this.#deliver(this.#buffer.subarray(0, needs))
    return true
  }

  #grow(needs: number): boolean {
    const { budget, spare } = this.#options
    const old = this.#buffer
    const size = Math.min(this.#length, Math.max(needs, 2 * (old?.length ?? 0), smallestBufferBytes))
    // Whoever sends next to nothing does not get the spare: it would have it for as long as it likes.
    const lent = needs > smallestBufferBytes && this.#length <= spareBufferBytes ? spare?.take() : undefined
    if (lent === undefined && !budget.take(size - (old?.length ?? 0))) return false
    if (lent !== undefined && old !== undefined) budget.giveBack(old.length)
    // Not from the pool: a slow sender's buffer would pin 64 KB of it.
    const grown = lent ?? Buffer.allocUnsafeSlow(size)
    if (old !== undefined) old.copy(grown, 0, 0, this.#have)
    this.#buffer = grown
    this.#isLent = lent !== undefined
    return true
  }

  #deliver(body: Uint8Array): void {
    const lent = this.#isLent ? this.#buffer : undefined
    this.#isLent = false
    if (lent !== undefined) this.#buffer = undefined
    this.#release()
    try {
      this.#options.onMessage(body)
    } finally {
      if (lent !== undefined) this.#options.spare?.giveBack(lent)
    }
  }

  #release(): void {
    if (this.#buffer !== undefined) {
      if (this.#isLent) this.#options.spare?.giveBack(this.#buffer)
      else this.#options.budget.giveBack(this.#buffer.length)
    }
    this.#isLent = false
    this.#buffer = undefined
    this.#prefixBytes = 0
    this.#length = 0
    this.#have = 0
  }

  #fail(status: RpcStatus): RpcStatus {
    this.stop()
    return status
  }
}

const smallestBufferBytes = 4096
const empty = Buffer.alloc(0)
const crowded: RpcStatus = { code: 'RESOURCE_EXHAUSTED', message: 'too many messages are being received at once' }
