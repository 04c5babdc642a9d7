/**
 * Which checkpoints need not be looked at again. A whole mesh shows the same few; any other costs a signature's
 * verification, so that nobody may show many of them.
 */

import type { Clock } from '../../platform/clock.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'

export interface Witnessed {
  isWorthLooking(checkpoint: Checkpoint): boolean
  /** With the log as it was when it was looked at; the log only grows. */
  agreed(checkpoint: Checkpoint): void
}

const mostRemembered = 1000
const mostUnknownASecond = 20

export function createWitnessed(clock: Clock): Witnessed {
  let remembered = new Set<string>()
  let secondEndsMs = 0
  let unknown = 0
  return {
    isWorthLooking(checkpoint) {
      if (remembered.has(keyOf(checkpoint))) return false
      const nowMs = clock.monotonicMs()
      if (nowMs >= secondEndsMs) {
        secondEndsMs = nowMs + 1000
        unknown = 0
      }
      unknown += 1
      return unknown <= mostUnknownASecond
    },
    agreed(checkpoint) {
      if (remembered.size >= mostRemembered) remembered = new Set()
      remembered.add(keyOf(checkpoint))
    },
  }
}

function keyOf({ origin, treeSize, rootHash, signature }: Checkpoint): string {
  return `${origin} ${treeSize} ${rootHash.toString('hex')} ${signature.toString('hex')}`
}
