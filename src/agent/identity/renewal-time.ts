/**
 * When a certificate is renewed: where the daemon suggests, because it sees the whole fleet, else at a random moment, so
 * that a fleet that started together does not ask together. Never outside the window, whatever is suggested.
 */

import type { SuggestedRenewal } from './suggested-renewal.ts'

/** The window as parts of the certificate's life, counted from when it was received. */
const windowStart = 0.4
const windowEnd = 0.7

export interface RenewedCertificate {
  readonly issuedAtMs: number
  readonly notAfterMs: number
  readonly renewal?: SuggestedRenewal
}

/** Milliseconds since the epoch. `random`: uniform in [0, 1). */
export function renewalTime({ issuedAtMs, notAfterMs, renewal }: RenewedCertificate, random: () => number): number {
  const lifeMs = notAfterMs - issuedAtMs
  const within = (ms: number): number => Math.min(lifeMs * windowEnd, Math.max(lifeMs * windowStart, ms))
  const startMs = within(renewal?.afterMs ?? 0)
  const endMs = within(renewal?.beforeMs ?? lifeMs)
  return issuedAtMs + startMs + (endMs - startMs) * random()
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
