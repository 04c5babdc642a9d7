/** How quickly requests have been finished of late, and with that how long a backlog takes. */

import type { Clock } from '../../platform/clock.ts'

export interface Pace {
  /** `waiting`: how many requests still wait for their turn. */
  finished(waiting: number): void
  /** Within `shortestMs` and `longestMs`, whatever was measured. */
  msFor(requests: number): number
}

export const shortestMs = 500
export const longestMs = 30_000

export function createPace(clock: Pick<Clock, 'monotonicMs'>): Pace {
  let perRequestMs = 1
  let lastAtMs = 0
  let waitingSince = 0
  return {
    finished(waiting) {
      const nowMs = clock.monotonicMs()
      // Time in which nobody waited says how often somebody asks, and nothing about the pace.
      if (waitingSince > 0) perRequestMs += (nowMs - lastAtMs - perRequestMs) * newestWeight
      lastAtMs = nowMs
      waitingSince = waiting
    },
    msFor: requests => Math.min(longestMs, Math.max(shortestMs, requests * perRequestMs)),
  }
}

/** Small, because answers leave in groups: whole groups of writes reach the disk at once. */
const newestWeight = 0.005
