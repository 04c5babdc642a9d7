/** Rules about how long things take; that a duration parses is already known. */

import { durationMs } from '../duration.ts'
import { duration, type Rule, ruled, wholeMilliseconds } from '../schema/fields.ts'

const atLeast1ms: Rule<string> = {
  cel: "duration(self) >= duration('1ms')",
  holds: text => durationMs(text) >= 1,
  reason: 'is shorter than 1ms',
  remedy: 'use 1ms or more',
}

export const positiveDuration = () => ruled(duration(), atLeast1ms)

/** Istio's rule for nearly every duration of its kinds: one millisecond or more, and whole ones. */
export const positiveMilliseconds = () => ruled(wholeMilliseconds(), atLeast1ms)

/** For timeouts where `0s` means none. */
export const zeroOrPositiveDuration = () =>
  ruled(duration(), {
    cel: "duration(self) == duration('0s') || duration(self) >= duration('1ms')",
    holds: text => durationMs(text) === 0 || durationMs(text) >= 1,
    reason: 'is neither 0s nor 1ms or more',
    remedy: 'use 0s for none',
  })
