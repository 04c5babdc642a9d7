/**
 * The daemon's state: one SQLite file in the data directory, WAL, every commit on disk before it is acknowledged.
 * Reads run on the caller's thread. Writes go through one writer in a worker thread that commits what has gathered in
 * one group, because an fsync blocks its thread for milliseconds (bench/database.ts). What the tables mean is their
 * owners' business; they bring their migrations.
 */

import path from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Log } from '../log.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { type Migration, migrate } from './migrate.ts'
import { createPrivateFile, openPrivateDirectory } from './private-files.ts'
import { corrupt, openErrorFrom } from './sqlite-errors.ts'
import type { Row, SqlValue, Statement } from './statement.ts'
import { createWriteQueue } from './write-queue.ts'

export type { Migration } from './migrate.ts'

export type { Row, SqlValue, Statement } from './statement.ts'

export interface Database {
  readonly directory: string
  readonly file: string
  readonly schemaVersion: number
  /** What has been committed; blobs come as Buffers. Throws `DATABASE_CORRUPT` on a damaged page. */
  all(sql: string, parameters?: readonly SqlValue[]): readonly Row[]
  /** The first row. */
  get(sql: string, parameters?: readonly SqlValue[]): Row | undefined
  /**
   * All statements or none. Resolves when they are on disk; a `get` from then on sees them. Writes are applied in the
   * order of the calls. Rejects with `DATABASE_WRITE_FAILED` or `DATABASE_CLOSED`; one write's failure touches no other.
   */
  write(statements: readonly Statement[]): Promise<void>
  /**
   * A step of the writer's extension (writer-extension.ts) and, behind it, statements: all or nothing, as `write`. Resolves
   * with what the extension returned.
   */
  append(step: readonly SqlValue[], statements: readonly Statement[]): Promise<number>
  /** Finishes the writes that were asked for, then lets the file and the directory go. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly directory: string
  readonly migrations: readonly Migration[]
  readonly log: Log
}

export const databaseFileName = 'meshwright.db'

/**
 * Makes what is missing, takes the directory's lock, checks and migrates the file. Blocking, a few milliseconds.
 * Throws `DATABASE_DIRECTORY_UNUSABLE`, `_IN_USE`, `_CORRUPT`, `_NEWER`, `_MIGRATION_FAILED`; then nothing is held.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { directory, log } = options
  const file = path.join(directory, databaseFileName)
  openPrivateDirectory(directory, log)
  const lock = lockDirectory(directory)
  try {
    createPrivateFile(file)
    return openLocked(options, file, lock)
  } catch (thrown) {
    lock.release()
    throw openErrorFrom(thrown, file)
  }
}

function openLocked(options: DatabaseOptions, file: string, lock: DirectoryLock): Database {
  const handle = new Sqlite(file, { timeout: 5000 })
  try {
    handle.pragma('journal_mode = WAL')
    handle.pragma('synchronous = FULL')
    handle.pragma('foreign_keys = ON')
    requireSound(handle, file)
    const result = migrate(handle, file, options.migrations)
    if (result.from !== result.to) options.log.info({ file, ...result }, 'database migrated')
    handle.pragma('query_only = ON')
    const extension = options.migrations.find(step => step.writerExtension !== undefined)?.writerExtension
    return databaseOn(handle, { directory: options.directory, file, schemaVersion: result.to, lock, extension })
  } catch (thrown) {
    handle.close()
    throw thrown
  }
}

function requireSound(handle: Sqlite.Database, file: string): void {
  const found = String(handle.pragma('quick_check(1)', { simple: true }))
  if (found !== 'ok') throw corrupt(file, found.replaceAll('\n', ' '))
}

interface Opened {
  readonly directory: string
  readonly file: string
  readonly schemaVersion: number
  readonly lock: DirectoryLock
  readonly extension: URL | undefined
}

function databaseOn(handle: Sqlite.Database, opened: Opened): Database {
  const { lock, extension, ...facts } = opened
  const statements = new Map<string, Sqlite.Statement>()
  const queue = createWriteQueue(opened.file, extension)
  let closing: Promise<void> | undefined

  const prepared = (sql: string): Sqlite.Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const made = handle.prepare(sql)
    statements.set(sql, made)
    return made
  }
  const read = <T>(task: () => T): T => {
    try {
      return task()
    } catch (thrown) {
      throw openErrorFrom(thrown, opened.file)
    }
  }
  const close = async (): Promise<void> => {
    await queue.close()
    handle.close()
    lock.release()
  }
  return {
    ...facts,
    all: (sql, parameters = []) => read(() => prepared(sql).all(...parameters) as Row[]),
    get: (sql, parameters = []) => read(() => prepared(sql).get(...parameters) as Row | undefined),
    write: statements => queue.write(statements),
    append: (step, statements) => queue.append(step, statements),
    close() {
      closing ??= close()
      return closing
    },
  }
}
