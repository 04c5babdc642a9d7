/**
 * Forgetting what is old: entries of certificates that have ended, and of refusals. Their leaf hashes stay, so that every
 * checkpoint and every proof holds as before. That it is done is an entry itself, written first: it says up to where, and by
 * a hash which entries before that are still there, so that an audit tells what was pruned from what somebody took away.
 */

import { hash } from 'node:crypto'
import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { leafHash } from '../../platform/transparency/merkle.ts'
import type { LogCaller, LogContent, LogEntry } from './log-entry.ts'
import type { LogRecords } from './log-records.ts'
import type { PruningRecords } from './pruning-records.ts'

export interface Pruning {
  /** Resolves when it is done. Throws `LOG_PRUNE_REFUSED`. */
  prune(beforeMs: number, by: Omit<LogCaller, 'peerAddress'>): Promise<PruneOutcome>
  /** Entries whose bytes are forgotten. */
  readonly forgotten: number
  /** Goes on where an earlier run ended, and from then on does what the settings say. */
  start(): void
  stop(): void
}

export interface PruneOutcome {
  /** Entries before this one are forgotten, but for kinds that always stay. */
  readonly untilIndex: number
  readonly forgotten: number
}

export interface PruningOptions {
  readonly records: Pick<LogRecords, 'logEntries' | 'logSize'> & PruningRecords
  readonly append: (content: LogContent) => Promise<unknown>
  /** Nothing that is younger is ever forgotten. */
  readonly longestTtlMs: number
  /** Undefined: only when somebody asks for it. */
  readonly keepMs: number | undefined
  readonly isRestorePending: () => boolean
  readonly clock: Clock
  readonly log: Log
}

/** One write each: what waits behind it waits for some milliseconds. */
const sliceEntries = 256
const firstAfterMs = 60_000
const everyMs = 24 * 3_600_000

export function createPruning(options: PruningOptions): Pruning {
  const { records, append, longestTtlMs, keepMs, clock, log } = options
  let forgotten = 0
  let running: Promise<unknown> = Promise.resolve()
  let timer: Timer | undefined
  let stopped = false

  const forgetUntil = async (untilIndex: number): Promise<number> => {
    let count = 0
    for (;;) {
      const entries = stopped ? [] : records.forgettable(untilIndex, sliceEntries)
      if (entries.length === 0) return count
      await records.forget(entries.map(({ index, body }) => ({ index, hash: leafHash(body) })))
      count += entries.length
      forgotten += entries.length
    }
  }
  const requireAllowed = (beforeMs: number): void => {
    if (options.isRestorePending()) throw refused('a restore waits to be confirmed')
    const latestMs = clock.now() - longestTtlMs
    if (beforeMs <= latestMs) return
    throw refused(
      `certificates live up to ${Math.round(longestTtlMs / dayMs)} days, and what is younger stays: nothing after ${new Date(latestMs).toISOString()} can be forgotten`,
      'Name an earlier time.',
    )
  }
  const pruneNow: Pruning['prune'] = async (beforeMs, by) => {
    requireAllowed(beforeMs)
    const untilIndex = records.prunableUntil(beforeMs, clock.now())
    const kept = records.keptIndexes(untilIndex)
    const due = untilIndex - kept.length - records.forgottenCount(untilIndex)
    if (due <= 0) return { untilIndex, forgotten: 0 }
    const details = {
      before: new Date(beforeMs).toISOString(),
      untilIndex,
      entries: due,
      kept: kept.length,
      keptHash: keptHashOf(kept),
    }
    await append({ kind: 'prune', caller: { ...by, peerAddress: '' }, details })
    const count = await forgetUntil(untilIndex)
    log.warn({ ...details, forgotten: count }, 'entries of the log are forgotten; their hashes stay')
    return { untilIndex, forgotten: count }
  }
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = running.then(task)
    running = done.catch(() => undefined)
    return done
  }
  const byPolicy = (): void => {
    if (keepMs === undefined || stopped) return
    timer = clock.after(everyMs, byPolicy)
    const by = { evidence: 'settings', detail: '' }
    inTurn(() => pruneNow(clock.now() - keepMs, by)).catch((thrown: unknown) => {
      log.error({ err: errorFrom(thrown) }, 'the log was not pruned')
    })
  }
  return {
    prune: (beforeMs, by) => inTurn(() => pruneNow(beforeMs, by)),
    get forgotten() {
      return forgotten
    },
    start() {
      stopped = false
      const size = records.logSize()
      forgotten = records.forgottenCount(size)
      const last = lastPrune(records)
      if (last !== undefined) {
        inTurn(() => forgetUntil(last.untilIndex)).catch((thrown: unknown) => {
          log.error({ err: errorFrom(thrown) }, 'the log was not pruned to the end')
        })
      }
      timer = clock.after(firstAfterMs, byPolicy)
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}

export interface RecordedPrune {
  readonly untilIndex: number
  /** Of what stays before that index. */
  readonly keptHash: string
}

/** The one that reaches farthest. */
export function lastPrune(records: Pick<LogRecords, 'logEntries'>): RecordedPrune | undefined {
  const found = records.logEntries({ kind: 'prune', limit: mostPrunes, order: 'newest-first' })
  const recorded = found.flatMap(({ entry }) => recordedIn(entry))
  return recorded.sort((a, b) => b.untilIndex - a.untilIndex)[0]
}

export function keptHashOf(indexes: readonly number[]): string {
  return hash('sha256', indexes.join(), 'hex')
}

/** A log that is pruned each day has as many in ten years. */
const mostPrunes = 4000
const dayMs = 24 * 3_600_000

function recordedIn({ details }: LogEntry): readonly RecordedPrune[] {
  const { untilIndex, keptHash } = details ?? {}
  return typeof untilIndex === 'number' && typeof keptHash === 'string' ? [{ untilIndex, keptHash }] : []
}

function refused(message: string, remedy?: string): MeshwrightError {
  return new MeshwrightError('LOG_PRUNE_REFUSED', { message, ...(remedy === undefined ? {} : { remedy }) })
}
