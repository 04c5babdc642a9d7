/** What kept checkpoints have said against the log since the start, each once. */

import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import type { LogContent } from './log-entry.ts'
import type { Comparison, LogAlarm } from './witness.ts'

export interface Alarms {
  /** Those that a checkpoint of ours proves, before those that somebody says; of each the newest first; bounded. */
  readonly all: readonly LogAlarm[]
  readonly count: number
  /** The most entries that one checkpoint saw and that a restore took out of the log. */
  readonly lostByRestore: number
  judge(seen: Checkpoint, found: Comparison, from: string): Judgement
  /** What somebody says without showing it: of each kind once for each that says it, whatever the words. */
  complained(complaint: Omit<LogAlarm, 'atMs'>): void
}

export interface Judgement {
  /** Undefined when the checkpoint agrees, or differs by a restore that is known. */
  readonly alarm: LogAlarm | undefined
  /** Of the epoch that a genuine alarm is raised in for the first time. */
  readonly breachOf: number | undefined
}

const mostAlarms = 50
const mostRaised = 10_000

export function createAlarms({ clock, log }: { readonly clock: Clock; readonly log: Log }): Alarms {
  const raised = new Set<string>()
  const lists = { proved: [] as readonly LogAlarm[], said: [] as readonly LogAlarm[] }
  let count = 0
  let lostByRestore = 0
  const peace = { alarm: undefined, breachOf: undefined }
  /** Returns whether it is new. */
  const raise = (key: string, alarm: LogAlarm, list: keyof typeof lists): boolean => {
    if (raised.has(key)) return false
    if (raised.size >= mostRaised) raised.clear()
    raised.add(key)
    count += 1
    lists[list] = [alarm, ...lists[list]].slice(0, mostAlarms)
    log.error({ ...alarm }, 'the transparency log does not agree with a checkpoint of it')
    return true
  }

  return {
    get all() {
      // Whoever has a certificate can say what it likes, and must not push out what is proved.
      return [...lists.proved, ...lists.said]
    },
    get count() {
      return count
    },
    get lostByRestore() {
      return lostByRestore
    },
    judge(seen, found, from) {
      if (found.kind === 'agrees') return peace
      if (found.kind === 'lost-by-restore') {
        if (found.entries > lostByRestore) log.warn({ from, ...found }, 'entries of the log were lost by a restore')
        lostByRestore = Math.max(lostByRestore, found.entries)
        return peace
      }
      const { kind, message, epoch } = found
      const alarm: LogAlarm = { kind, atMs: clock.now(), from, treeSize: seen.treeSize, message }
      // One kept checkpoint is reported again with every connection, and may be kept by the whole mesh.
      const key = `${kind === 'foreign' ? from : ''} ${seen.origin} ${seen.treeSize} ${seen.rootHash.toString('hex')}`
      const isNew = raise(key, alarm, kind === 'foreign' ? 'said' : 'proved')
      return { alarm, breachOf: !isNew || kind === 'foreign' ? undefined : epoch }
    },
    complained(complaint) {
      const { kind, from } = complaint
      raise(`said ${kind} ${from}`, { ...complaint, atMs: clock.now() }, 'said')
    },
  }
}

export function alarmEntry({ kind, from, treeSize, message }: LogAlarm): LogContent {
  return { kind: 'alarm', details: { alarm: kind, from, treeSize, message } }
}

export function reasonOfAlarm({ kind, from, message }: LogAlarm): string {
  return `${kind} found by a checkpoint from ${from}: ${message}`
}
