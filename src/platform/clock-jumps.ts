/**
 * Notices when the wall clock has been set, or the machine has slept: timers count time that passes and do not follow,
 * so whoever waits for a date has to look again.
 */

import type { Clock, Timer } from './clock.ts'
import type { Log } from './log.ts'

export interface ClockWatch {
  stop(): void
}

export interface ClockWatchOptions {
  readonly clock: Clock
  readonly log: Log
  /** `jumpMs`: by how much the wall clock has gone forward (negative: back) beyond the time that has passed. */
  readonly onJump: (jumpMs: number) => void
}

/** How long a jump may go unnoticed. */
export const lookEveryMs = 5_000
/** Less is what keeping time by a time server does, and within what certificates are backdated by. */
const leastJumpMs = 30_000

export function watchClock({ clock, log, onJump }: ClockWatchOptions): ClockWatch {
  const offset = (): number => clock.now() - clock.monotonicMs()
  let expected = offset()
  let timer: Timer
  const look = (): void => {
    timer = clock.after(lookEveryMs, look)
    const jumpMs = offset() - expected
    if (Math.abs(jumpMs) < leastJumpMs) return
    expected += jumpMs
    log.warn({ jumpMs: Math.round(jumpMs), now: new Date(clock.now()).toISOString() }, 'the clock has jumped')
    onJump(jumpMs)
  }
  timer = clock.after(lookEveryMs, look)
  return { stop: () => timer.cancel() }
}
