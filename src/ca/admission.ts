/**
 * Bounds the certificate requests in hand, from admission to answer, so that thousands at once cost neither memory nor
 * the event loop: beyond the bound callers are sent away to come back, and each gets its turn at the (blocking)
 * cryptography in a turn of the loop of its own, first come first served.
 */

import { MeshwrightError } from '../platform/errors.ts'

export interface Admission {
  /** Runs `task` when its turn comes. Rejects with `CA_BUSY` at once, or `CA_CANCELLED` when the caller left meanwhile. */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>
  readonly inHand: number
}

export function createAdmission(largest: number): Admission {
  let inHand = 0
  const waiting: (() => void)[] = []

  const next = (): void => {
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(next)
  }
  const turn = (): Promise<void> =>
    new Promise(resolve => {
      waiting.push(resolve)
      if (waiting.length === 1) setImmediate(next)
    })

  return {
    get inHand() {
      return inHand
    },
    async run(signal, task) {
      if (inHand >= largest) throw busy(largest)
      inHand += 1
      try {
        await turn()
        if (signal.aborted) throw new MeshwrightError('CA_CANCELLED', { message: 'the caller went away' })
        return await task()
      } finally {
        inHand -= 1
      }
    },
  }
}

function busy(largest: number): MeshwrightError {
  return new MeshwrightError('CA_BUSY', {
    message: `more than ${largest} certificate requests are waiting; try again in a few seconds`,
    facts: { largest },
  })
}
