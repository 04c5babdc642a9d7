/** When a certificate is renewed: at a random moment, so that a fleet that started together does not ask together. */

/** The window as parts of the certificate's life, counted from when it was received. */
const windowStart = 0.4
const windowEnd = 0.7

/** Milliseconds since the epoch. `random`: uniform in [0, 1). */
export function renewalTime(issuedAtMs: number, notAfterMs: number, random: () => number): number {
  return issuedAtMs + (notAfterMs - issuedAtMs) * (windowStart + (windowEnd - windowStart) * random())
}

export interface RetryBounds {
  readonly firstMs: number
  readonly longestMs: number
}

/** A short life is retried in shorter steps, so that there are always many tries before it ends. */
export function retryBounds(issuedAtMs: number, notAfterMs: number): RetryBounds {
  const lifeMs = notAfterMs - issuedAtMs
  return { firstMs: Math.min(1_000, lifeMs / 100), longestMs: Math.min(300_000, lifeMs / 20) }
}
