/**
 * Writes frames to a stream without copying them: the pieces of a frame are shared by every stream, and only a position
 * in them is kept here. What is written in one go leaves as one batch, so that a small frame is one DATA frame.
 */

import type { Writable } from 'node:stream'
import type { Frame } from '../platform/rpc.ts'

export interface FrameWriterOptions {
  /**
   * `whole`: the kernel takes the buffers themselves, so that a piece goes out as it is. `sliced`: TLS copies whatever it
   * is given and again when it encrypts, so that it gets little at a time.
   */
  readonly pieces: 'whole' | 'sliced'
  /** Everything is with the socket and there is room again. */
  readonly onDrain: () => void
}

/**
 * Bytes that the stream may hold before it counts as full. Measured by `bench/floor.ts` over TLS, memory a stream: 144 KB
 * with 16 KB, 152 KB with 32 KB, 175 KB with 64 KB, 251 KB with 128 KB; below 32 KB the CPU time grows.
 */
const fullAtBytes = { whole: 64 * 1024, sliced: 32 * 1024 } as const

export class FrameWriter {
  readonly #stream: Writable
  readonly #options: FrameWriterOptions
  readonly #waiting: Frame[] = []
  #piece = 0
  #offset = 0
  #isFull = false
  #ends = false

  constructor(stream: Writable, options: FrameWriterOptions) {
    this.#stream = stream
    this.#options = options
  }

  /** False when the socket is full; the frame is sent all the same. */
  write(frame: Frame): boolean {
    this.#waiting.push(frame)
    if (!this.#isFull) this.#writeBatch()
    return !this.#isFull
  }

  /** Ends the stream once everything that was written has left. */
  end(): void {
    this.#ends = true
    if (this.#waiting.length === 0) this.#stream.end()
  }

  #writeBatch(): void {
    this.#stream.cork()
    while (!this.#isFull) {
      const room = fullAtBytes[this.#options.pieces] - this.#stream.writableLength
      const part = this.#nextPart(this.#options.pieces === 'whole' ? Number.POSITIVE_INFINITY : room)
      if (part === undefined) break
      this.#isFull = part.length >= room
      // The last write's callback and not the stream's `drain`, whose mark is the same for every kind of socket.
      this.#stream.write(part, this.#isFull ? error => this.#written(error) : undefined)
    }
    this.#stream.uncork()
    if (this.#ends && this.#waiting.length === 0) this.#stream.end()
  }

  #written(error: Error | null | undefined): void {
    if (error != null) return
    this.#isFull = false
    if (this.#waiting.length > 0) this.#writeBatch()
    if (!this.#isFull && !this.#ends) this.#options.onDrain()
  }

  #nextPart(atMost: number): Buffer | undefined {
    const frame = this.#waiting[0]
    if (frame === undefined) return undefined
    const piece = frame[this.#piece]
    if (piece === undefined) {
      this.#waiting.shift()
      this.#piece = 0
      return this.#nextPart(atMost)
    }
    const end = Math.min(piece.length, this.#offset + atMost)
    const part = this.#offset === 0 && end === piece.length ? piece : piece.subarray(this.#offset, end)
    const isLast = end === piece.length
    this.#offset = isLast ? 0 : end
    if (isLast) this.#piece += 1
    return part
  }
}
