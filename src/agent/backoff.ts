/** Growing delays with jitter, for whatever is tried again. */

export interface BackoffOptions {
  readonly firstMs: number
  readonly longestMs: number
  /** Between 0 and 1, both sides: 0.2 spreads a delay over ±20 %. */
  readonly jitter: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface Backoff {
  /** The delay before the next try; each one is twice the one before, up to the longest. */
  next(): number
  /** What was tried has worked. */
  reset(): void
}

export function createBackoff(options: BackoffOptions): Backoff {
  let tries = 0
  return {
    next() {
      const plain = Math.min(options.longestMs, options.firstMs * 2 ** Math.min(tries, 40))
      tries += 1
      return plain * (1 + options.jitter * (2 * options.random() - 1))
    },
    reset() {
      tries = 0
    },
  }
}
