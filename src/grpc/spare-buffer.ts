/**
 * One buffer that messages of several chunks are put together in, one after the other. A joining proxy's first request is
 * 60 KB in four chunks: a thousand proxies would make three thousand buffers, page by page new to the kernel.
 */

export const spareBufferBytes = 128 * 1024

export class SpareBuffer {
  #isLent = false
  #buffer: Buffer | undefined

  /** Undefined while somebody else has it. What is in it is of an earlier message. */
  take(): Buffer | undefined {
    if (this.#isLent) return undefined
    this.#isLent = true
    this.#buffer ??= Buffer.allocUnsafeSlow(spareBufferBytes)
    return this.#buffer
  }

  /** Nothing for any other buffer. */
  giveBack(buffer: Buffer): void {
    if (buffer === this.#buffer) this.#isLent = false
  }
}
