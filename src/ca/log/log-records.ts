/** Where the log lies: entries, the subtrees that they complete, epochs, and whether a restore waits to be confirmed. */

import type { Statement } from '../../platform/database/statement.ts'
import type { LogEntry } from './log-entry.ts'
import type { PruningRecords } from './pruning-records.ts'
import type { LoggedEntry, LogQuery, RestorePending } from './transparency-log.ts'

export interface LogRecords extends PruningRecords {
  /** Resolves with the entry's index when it and the statements are on disk; all or nothing. */
  appendToLog(entry: LogEntry, statements: readonly Statement[]): Promise<number>
  logSize(): number
  logEntries(query: LogQuery): readonly LoggedEntry[]
  /** As stored, for whoever checks them: from this index on, at most `limit`; those that are forgotten are passed over. */
  logRows(from: number, limit: number): readonly LogRow[]
  /** Level 0: hashed from the entry, or kept when it is forgotten. Throws `LOG_DAMAGED` when it is not there. */
  logNode(level: number, position: number): Buffer
  logNodeCount(): number
  /** Hashes of leaves behind a log of this size, at the lowest stored level. */
  logNodesBeyond(size: number): number
  /** The oldest first. */
  logEpochs(): readonly LogEpoch[]
  /** The first epoch of a new log; nothing else begins without an entry. */
  beginLog(epoch: number, atMs: number): Promise<void>
  restorePending(): RestorePending | undefined
  /** The index of the entry that records a certificate. */
  logIndexOfSerial(serialNumber: string): number | undefined
  hasIdentity(identity: string): boolean
}

export interface LogRow {
  readonly index: number
  readonly kind: string
  readonly atMs: number
  readonly identity: string | undefined
  readonly serialNumber: string | undefined
  readonly body: Buffer
}

/** A restore begins a new one: what was logged after the backup was made is not in this log. */
export interface LogEpoch {
  /** Seconds since 1970 at its beginning, so that two restores of one backup make two epochs. */
  readonly epoch: number
  readonly firstIndex: number
  readonly startedAtMs: number
  readonly reason: string
}

export function nextEpoch(atMs: number, after: number): number {
  return Math.max(Math.floor(atMs / 1000), after + 1)
}

/** For whoever appends the entry of a restore, which is the epoch's first. */
export function epochStatements(epoch: number, atMs: number, reason: string): readonly Statement[] {
  return [
    {
      sql: `INSERT INTO log_epoch (epoch, first_position, started_at_ms, reason)
            VALUES (?, (SELECT max(position) FROM log_entry), ?, ?)`,
      parameters: [epoch, atMs, reason],
    },
    {
      sql: `INSERT OR REPLACE INTO restore_pending (id, since_ms, reason, revocation_sequence)
            VALUES (1, ?, ?, (SELECT max(sequence) FROM revocation_event))`,
      parameters: [atMs, reason],
    },
    // Which of them were used, or revoked, is not known any more.
    { sql: 'DELETE FROM join_token', parameters: [] },
  ]
}

/** Said of a restore that somebody ordered; what was found out says it otherwise. */
export function reasonOfRestore(createdAt: string): string {
  return `${ordered} ${createdAt}`
}

export function isOrderedRestore(reason: string): boolean {
  return reason.startsWith(ordered)
}

const ordered = 'restored from a backup of'

export const restoreConfirmed: readonly Statement[] = [{ sql: 'DELETE FROM restore_pending', parameters: [] }]
