/**
 * The transparency log as others see it: everything that the authority does or refuses is an entry of an append-only
 * Merkle tree (RFC 9162), on disk together with what it records, and provable against a signed checkpoint.
 */

import type { Statement } from '../../platform/database/statement.ts'
import type { AuditReport } from './audit.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { LogContent, LogEntry, LogEntryKind } from './log-entry.ts'
import type { RefusalLog } from './refusals.ts'
import type { ConsistencyProof, InclusionProof } from './tree-proofs.ts'
import type { LogAlarm, WitnessedCheckpoint } from './witness.ts'

export interface TransparencyLog {
  /**
   * Resolves when the entry is on disk, in one transaction with `withStatements`: all or nothing. Entries have the order
   * of the calls. Rejects with `DATABASE_WRITE_FAILED` or `DATABASE_CLOSED`; then nothing was changed.
   */
  append(content: LogContent, withStatements?: readonly Statement[]): Promise<LogReceipt>
  /** Of callers: bounded in memory and on disk, never waited for. */
  readonly refusals: RefusalLog
  /** In the order of the log; cost O(entries given) with a filter by identity or serial, else O(entries passed over). */
  entries(query: LogQuery): readonly LoggedEntry[]
  readonly size: number
  /** Of the tree as it is now, signed. */
  checkpoint(): Checkpoint
  /** The public key that checkpoints are signed with, as a verifier key of C2SP's signed notes. */
  readonly verifierKey: string
  /** Throws `LOG_ENTRY_UNKNOWN`. `treeSize`: at most that of now, which is the default. */
  proveInclusion(index: number, treeSize?: number): InclusionProof
  proveConsistency(fromSize: number, treeSize?: number): ConsistencyProof
  /** Compares a checkpoint that somebody kept with the tree; raises an alarm when they do not agree. */
  witness(checkpoint: WitnessedCheckpoint, from: string): LogAlarm | undefined
  /** Recomputes the whole tree from its entries, a slice a turn of the loop. One run at a time: callers share it. */
  audit(): Promise<AuditReport>
  status(): LogStatus
  /** Issuing is closed from a restore until it is confirmed (also: a roll-back that nobody announced). */
  readonly restorePending: RestorePending | undefined
  confirmRestore(by: string): Promise<void>
}

export interface LogReceipt {
  /** Counts from 0. */
  readonly index: number
}

export interface LoggedEntry {
  readonly index: number
  readonly entry: LogEntry
}

export interface LogQuery {
  /** From this index on. */
  readonly from?: number
  readonly limit: number
  readonly order: 'oldest-first' | 'newest-first'
  readonly kind?: LogEntryKind
  readonly identity?: string
  readonly serialNumber?: string
  readonly sinceMs?: number
}

export interface RestorePending {
  readonly sinceMs: number
  readonly reason: string
}

export interface LogStatus {
  readonly origin: string
  readonly epoch: number
  readonly size: number
  readonly restorePending: RestorePending | undefined
  /** The newest first; bounded. */
  readonly alarms: readonly LogAlarm[]
  readonly lastAudit: AuditReport | undefined
}
