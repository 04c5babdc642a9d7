/**
 * When those who are sent away should come back: each gets a place behind the others in a queue that exists only in their
 * clocks and moves as quickly as requests have been finished of late. So a herd comes back as a line.
 */

import type { Clock } from '../../platform/clock.ts'

export interface Pace {
  /** `waiting`: how many requests still wait for their turn. */
  finished(waiting: number): void
  /** Milliseconds, within `shortestMs` and `longestMs`. `inHand`: how many are to be finished before. */
  nextPlace(inHand: number): number
}

export const shortestMs = 500
export const longestMs = 30_000

/** `random`: uniform in [0, 1). */
export function createPace(clock: Pick<Clock, 'monotonicMs'>, random: () => number): Pace {
  let perRequestMs = 1
  let measured = 0
  let lastAtMs = 0
  let waitingSince = 0
  let lastPlaceAtMs = 0
  return {
    finished(waiting) {
      const nowMs = clock.monotonicMs()
      // Time in which nobody waited says how often somebody asks, and nothing about the pace.
      if (waitingSince > 0) {
        measured += 1
        perRequestMs += (nowMs - lastAtMs - perRequestMs) * Math.max(newestWeight, 1 / (trustInGuess + measured))
      }
      lastAtMs = nowMs
      waitingSince = waiting
    },
    nextPlace(inHand) {
      const nowMs = clock.monotonicMs()
      const afterThoseInHand = nowMs + Math.max(shortestMs, inHand * perRequestMs)
      const atMs = Math.max(afterThoseInHand, lastPlaceAtMs + perRequestMs)
      // Behind the longest there are no places, only chance.
      if (atMs - nowMs > longestMs) return longestMs * (0.5 + random() / 2)
      lastPlaceAtMs = atMs
      return atMs - nowMs
    },
  }
}

/** Small, because answers leave in groups: whole groups of writes reach the disk at once. */
const newestWeight = 0.005

/** The millisecond at the start counts as much as so many requests. */
const trustInGuess = 20
