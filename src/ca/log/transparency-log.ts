/**
 * The transparency log as others see it: everything that the authority does or refuses is an entry of an append-only
 * Merkle tree (RFC 9162), on disk together with what it records, and provable against a signed checkpoint.
 */

import type { Statement } from '../../platform/database/statement.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import type { ConsistencyProof, InclusionProof } from '../../platform/transparency/proofs.ts'
import type { Issuance, TokenBinding } from '../store/store.ts'
import type { AuditReport } from './audit.ts'
import type { Notary } from './checkpoint-signer.ts'
import type { LogCaller, LogContent, LogEntry, LogEntryKind } from './log-entry.ts'
import type { LogMetrics } from './log-metrics.ts'
import type { PruneOutcome } from './pruning.ts'
import type { RefusalLog } from './refusals.ts'
import type { LogAlarm } from './witness.ts'

export interface TransparencyLog {
  /**
   * Resolves when the entry is on disk, in one transaction with `withStatements`: all or nothing. Entries have the order
   * of the calls. Rejects with `DATABASE_WRITE_FAILED` or `DATABASE_CLOSED`; then nothing was changed.
   */
  append(content: LogContent, withStatements?: readonly Statement[]): Promise<LogReceipt>
  /** A certificate and its entry, as `append`. For the gate. */
  recordIssuance(issuance: Issuance, binding: TokenBinding | undefined): Promise<LogReceipt>
  /** Of callers: bounded in memory and on disk, never waited for. */
  readonly refusals: RefusalLog
  /** Cost O(entries given) with a filter by identity, serial or a rare kind, else O(entries passed over). */
  entries(query: LogQuery): readonly LoggedEntry[]
  readonly size: number
  /** Of the tree as it is now, signed; also written to the data directory and told to those who follow. */
  checkpoint(): SignedCheckpoint
  /** The newest that was made, at most a minute old; undefined before the log is open. */
  readonly latestCheckpoint: SignedCheckpoint | undefined
  /** Called with each newer checkpoint, at most every minute unless one is asked for; returns how to stop that. */
  onCheckpoint(handler: (checkpoint: SignedCheckpoint) => void): () => void
  /** The public key that checkpoints are signed with, as a verifier key of C2SP's signed notes. */
  verifierKey(): string
  /** Undefined when no entry records it. */
  indexOfSerial(serialNumber: string): number | undefined
  /** Throws `LOG_ENTRY_UNKNOWN`. `treeSize`: at most that of now, which is the default. */
  proveInclusion(index: number, treeSize?: number): InclusionProof
  /** Throws `LOG_ENTRY_UNKNOWN`. */
  proveConsistency(fromSize: number, treeSize?: number): ConsistencyProof
  /** The bytes that the tree hashes. Throws `LOG_ENTRY_UNKNOWN`; undefined: they are forgotten. */
  entryBytes(index: number): Buffer | undefined
  /** Throws `LOG_ENTRY_UNKNOWN`. */
  leafHash(index: number): Buffer
  /**
   * Forgets the bytes of old entries; every proof still holds. Resolves when it is done and on disk. Throws
   * `LOG_PRUNE_REFUSED`.
   */
  prune(beforeMs: number, by: Omit<LogCaller, 'peerAddress'>): Promise<PruneOutcome>
  /**
   * Compares a checkpoint that somebody kept with the tree. When they do not agree it raises an alarm, and a roll-back or
   * a fork of the present epoch, signed by this log, closes issuing until it is confirmed. Beyond a few unknown
   * checkpoints a second it looks no further; those who keep one show it again.
   */
  witness(checkpoint: Checkpoint, from: string): LogAlarm | undefined
  /** What somebody finds wrong with a checkpoint of this log: an alarm, and nothing is closed, because it proves nothing. */
  complained(complaint: Omit<LogAlarm, 'atMs'>): void
  /** Recomputes the whole tree from its entries, a slice a turn of the loop. Callers share one run. */
  audit(): Promise<AuditReport>
  status(): LogStatus
  metrics(): LogMetrics
  /** Issuing to workloads is closed while this is so: from a restore, or a roll-back that nobody announced, on. */
  readonly restorePending: RestorePending | undefined
  /** Opens issuing again. `by`: who says that it may. Does nothing when nothing waits. */
  confirmRestore(by: Omit<LogCaller, 'peerAddress'>): Promise<void>
  /** Signs with the key of the log. Throws `CA_NOT_READY`. */
  notary(): Notary
}

export interface SignedCheckpoint extends Checkpoint {
  /** The signed note. */
  readonly note: string
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
  /** Of the present epoch. */
  readonly firstIndex: number
  readonly size: number
  /** Entries of them whose bytes are forgotten. */
  readonly forgotten: number
  readonly restorePending: RestorePending | undefined
  /** Entries that somebody saw before a restore and that are in no log any more, as far as known. */
  readonly lostByRestore: number
  /** The newest first; bounded. */
  readonly alarms: readonly LogAlarm[]
  readonly lastAudit: AuditReport | undefined
}
