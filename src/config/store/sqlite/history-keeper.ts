/** Compacts the history now and then, in slices between which everybody else has their turn. */

import type { Clock, Timer } from '../../../platform/clock.ts'
import { errorFrom } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import type { SqliteConfigStore } from './config-store-sqlite.ts'

export interface HistoryKeeper {
  start(): void
  stop(): void
}

const roundMs = 60_000
/** Between the slices of a round. */
const pauseMs = 20

export function keepHistory(parts: {
  readonly store: Pick<SqliteConfigStore, 'compact'>
  readonly clock: Clock
  readonly log: Log
}): HistoryKeeper {
  const { store, clock, log } = parts
  let timer: Timer | undefined
  let stopped = false
  const slice = async (): Promise<void> => {
    let hasMore = false
    try {
      hasMore = await store.compact()
    } catch (thrown) {
      const error = errorFrom(thrown)
      if (error.code !== 'DATABASE_CLOSED') log.warn({ err: error }, 'history was not compacted')
    }
    arm(hasMore ? pauseMs : roundMs)
  }
  const arm = (delayMs: number): void => {
    if (!stopped) timer = clock.after(delayMs, () => void slice())
  }
  return {
    start: () => arm(roundMs),
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
