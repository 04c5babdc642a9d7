/**
 * What runs in the writer thread beside plain statements: something that must be computed in the order of the commits
 * from what is already there, such as a hash tree. A module of its owner, whose only export that counts is
 * `createWriterExtension: CreateWriterExtension`; its migration names it.
 */

import type Sqlite from 'better-sqlite3'
import type { SqlValue } from './statement.ts'

export interface WriterExtension {
  /** Within the transaction of one write, before its statements. Returns what `append` resolves with. */
  run(step: readonly SqlValue[]): number
  /** Something was rolled back: what is remembered of the database may be wrong and is to be read again. */
  forget(): void
}

/** `handle` is the writer's own; nobody else writes. */
export type CreateWriterExtension = (handle: Sqlite.Database) => WriterExtension
