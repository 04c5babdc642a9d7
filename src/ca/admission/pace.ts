/** How quickly requests have been finished of late, and with that how long a backlog takes. */

import type { Clock } from '../../platform/clock.ts'

export interface Pace {
  finished(): void
  /** Within `shortestMs` and `longestMs`, whatever was measured. */
  msFor(requests: number): number
}

export const shortestMs = 500
export const longestMs = 30_000

export function createPace(clock: Pick<Clock, 'monotonicMs'>): Pace {
  let perRequestMs = 1
  let lastAtMs: number | undefined
  return {
    finished() {
      const nowMs = clock.monotonicMs()
      // A pause in which nobody asked says nothing about the pace.
      if (lastAtMs !== undefined && nowMs - lastAtMs < pauseMs) {
        perRequestMs += (nowMs - lastAtMs - perRequestMs) * newestWeight
      }
      lastAtMs = nowMs
    },
    msFor: requests => Math.min(longestMs, Math.max(shortestMs, requests * perRequestMs)),
  }
}

const pauseMs = 5000
const newestWeight = 0.05
