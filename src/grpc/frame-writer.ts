/**
 * Writes frames to a stream without copying them: the pieces of a frame are shared by every stream, and only a position
 * in them is kept here. What is written in one go leaves as one batch, so that a small frame is one DATA frame.
 */

import type { Writable } from 'node:stream'
import type { Frame } from '../platform/rpc.ts'

export interface FrameWriterOptions {
  /**
   * `whole`: the kernel takes the buffers themselves, so that a piece goes out as it is. `sliced`: TLS copies whatever
   * it is given, so that it gets no more than the stream's high-water mark at a time (measured by `bench/floor.ts`).
   */
  readonly pieces: 'whole' | 'sliced'
  /** Everything is with the socket and there is room again. */
  readonly onDrain: () => void
}

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

  /** To be called at the stream's `drain`. */
  drained(): void {
    this.#isFull = false
    if (this.#waiting.length > 0) this.#writeBatch()
    if (!this.#isFull && !this.#ends) this.#options.onDrain()
  }

  #writeBatch(): void {
    this.#stream.cork()
    while (!this.#isFull) {
      const part = this.#nextPart()
      if (part === undefined) break
      this.#isFull = !this.#stream.write(part)
    }
    this.#stream.uncork()
    if (this.#ends && this.#waiting.length === 0) this.#stream.end()
  }

  #nextPart(): Buffer | undefined {
    const frame = this.#waiting[0]
    if (frame === undefined) return undefined
    const piece = frame[this.#piece]
    if (piece === undefined) {
      this.#waiting.shift()
      this.#piece = 0
      return this.#nextPart()
    }
    const end = Math.min(piece.length, this.#offset + this.#room())
    const part = this.#offset === 0 && end === piece.length ? piece : piece.subarray(this.#offset, end)
    const isLast = end === piece.length
    this.#offset = isLast ? 0 : end
    if (isLast) this.#piece += 1
    return part
  }

  /** Above zero while the stream is not full, and a part of that length makes it so. */
  #room(): number {
    if (this.#options.pieces === 'whole') return Number.POSITIVE_INFINITY
    return this.#stream.writableHighWaterMark - this.#stream.writableLength
  }
}
