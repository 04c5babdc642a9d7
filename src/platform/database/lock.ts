/**
 * One daemon per data directory. The lock is an exclusive SQLite transaction on a small file of its own, so the kernel
 * holds it (fcntl) and releases it however the process ends, SIGKILL included; there is no pid to go stale. On a
 * network file system it is as good as that system's fcntl locks.
 */

import path from 'node:path'
import Sqlite from 'better-sqlite3'
import { MeshwrightError } from '../errors.ts'
import { createPrivateFile } from './private-files.ts'
import { sqliteCode } from './sqlite-errors.ts'

export const lockFileName = 'meshwright.lock'

export interface DirectoryLock {
  release(): void
}

/** Throws `DATABASE_IN_USE` at once when somebody else holds it, in this process or another. */
export function lockDirectory(directory: string): DirectoryLock {
  const file = path.join(directory, lockFileName)
  createPrivateFile(file)
  const handle = new Sqlite(file, { timeout: 0 })
  try {
    handle.pragma('locking_mode = EXCLUSIVE')
    // Nothing is ever written, so no journal file need lie beside it.
    handle.pragma('journal_mode = MEMORY')
    handle.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    handle.close()
    if (sqliteCode(cause).startsWith('SQLITE_BUSY')) {
      throw new MeshwrightError('DATABASE_IN_USE', {
        message: `another meshwright daemon uses the data directory ${directory}`,
        remedy: 'Stop that daemon, or give this one a data directory of its own.',
        facts: { directory },
      })
    }
    throw new MeshwrightError('DATABASE_DIRECTORY_UNUSABLE', {
      message: `the lock file ${file} cannot be used: ${String(cause)}`,
      remedy: 'Remove that file when no daemon runs on this directory.',
      facts: { directory },
      cause,
    })
  }
  return { release: () => void handle.close() }
}
