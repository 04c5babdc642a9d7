/** A token bucket for each key; a bucket that is full again is forgotten. */

import type { Clock } from '../../platform/clock.ts'

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export interface RateLimit {
  /** Until `take` may be called for this key; 0: now. */
  waitMs(key: string): number
  take(key: string): void
}

export function createRateLimit({ burst, perSecond }: Rate, clock: Pick<Clock, 'monotonicMs'>): RateLimit {
  let buckets = new Map<string, { tokens: number; atMs: number }>()
  let forgetAt = leastToForget

  const tokensOf = (key: string): number => {
    const bucket = buckets.get(key)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + ((clock.monotonicMs() - bucket.atMs) * perSecond) / 1000)
  }
  /** Amortised: only when there are twice as many as were left the last time. */
  const forgetFull = (): void => {
    buckets = new Map([...buckets].filter(([key]) => tokensOf(key) < burst))
    forgetAt = Math.max(leastToForget, 2 * buckets.size)
  }
  return {
    waitMs: key => Math.max(0, ((1 - tokensOf(key)) * 1000) / perSecond),
    take(key) {
      buckets.set(key, { tokens: tokensOf(key) - 1, atMs: clock.monotonicMs() })
      if (buckets.size >= forgetAt) forgetFull()
    },
  }
}

const leastToForget = 1024
