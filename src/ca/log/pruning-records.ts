/** What of the log is forgotten, and what could be: the store's side of pruning. */

import type { LogEntryKind } from './log-entry.ts'

export interface PruningRecords {
  /**
   * The first index that has to stay: of an entry at `beforeMs` or later (to ten minutes), or of a certificate that has not
   * ended at `nowMs`. Everything before it is older.
   */
  prunableUntil(beforeMs: number, nowMs: number): number
  /** Of entries before `untilIndex` that pruning never forgets, in their order. */
  keptIndexes(untilIndex: number): readonly number[]
  /** The first entries before `untilIndex` that can be forgotten. */
  forgettable(untilIndex: number, limit: number): readonly ForgettableEntry[]
  /** Their entries and the rows of their certificates; all or nothing. */
  forget(leaves: readonly ForgottenLeaf[]): Promise<void>
  forgottenLeaves(from: number, limit: number): readonly ForgottenLeaf[]
  /** Before `untilIndex`. Cost O(those). */
  forgottenCount(untilIndex: number): number
  /** Rows that should have gone with their entries. */
  issuancesOfForgotten(): number
}

export interface ForgettableEntry {
  readonly index: number
  readonly body: Buffer
}

export interface ForgottenLeaf {
  readonly index: number
  readonly hash: Buffer
}

/** What there is much of, and nobody asks for once the certificates have ended. All else stays for ever. */
export const forgettableKinds: readonly LogEntryKind[] = ['issue', 'renewal', 'refusal']

export function isForgettable(kind: string): boolean {
  return forgettableKinds.some(each => each === kind)
}
