/** Counts events against a rate with bursts. Time comes from the caller's monotonic clock. */

import type { Clock } from '../platform/clock.ts'
import type { Rate } from './server-options.ts'

export class TokenBucket {
  readonly #rate: Rate
  readonly #clock: Pick<Clock, 'monotonicMs'>
  #tokens: number
  #atMs: number

  constructor(rate: Rate, clock: Pick<Clock, 'monotonicMs'>) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate.burst
    this.#atMs = clock.monotonicMs()
  }

  /** False, and nothing taken, when the bucket is empty. */
  take(): boolean {
    return this.reserve(0) !== undefined
  }

  /** Milliseconds until the event may happen; `undefined`, and nothing reserved, when that is more than `maxWaitMs`. */
  reserve(maxWaitMs: number): number | undefined {
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + ((nowMs - this.#atMs) * this.#rate.perSecond) / 1000)
    this.#atMs = nowMs
    const waitMs = Math.max(0, ((1 - this.#tokens) * 1000) / this.#rate.perSecond)
    if (waitMs > maxWaitMs) return undefined
    this.#tokens -= 1
    return waitMs
  }

  refill(): void {
    this.#tokens = this.#rate.burst
  }
}
