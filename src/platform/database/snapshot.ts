/** A consistent copy of a database that may be in use, in one file. */

import { rmSync } from 'node:fs'
import path from 'node:path'
import Sqlite from 'better-sqlite3'
import { databaseFileName } from './database.ts'
import { createPrivateFile } from './private-files.ts'
import { openErrorFrom } from './sqlite-errors.ts'

/**
 * Copies what is committed at this moment to `target` (0600, replaced when it exists). Writers are not held up. Blocking:
 * milliseconds a megabyte. Throws `DATABASE_CORRUPT` or `DATABASE_DIRECTORY_UNUSABLE`; then there is no `target`.
 */
export function snapshotDatabase(directory: string, target: string): void {
  const file = path.join(directory, databaseFileName)
  try {
    rmSync(target, { force: true })
    const handle = new Sqlite(file, { timeout: 5000, fileMustExist: true })
    try {
      copyTo(handle, target)
    } finally {
      handle.close()
    }
  } catch (thrown) {
    throw openErrorFrom(thrown, file)
  }
}

function copyTo(handle: Sqlite.Database, target: string): void {
  createPrivateFile(target)
  try {
    handle.prepare('VACUUM INTO ?').run(target)
    requireWhole(target)
  } catch (thrown) {
    rmSync(target, { force: true })
    throw thrown
  }
}

/** A damaged page is copied as it is; better to hear of it now than at the restore. */
function requireWhole(target: string): void {
  const copy = new Sqlite(target, { readonly: true })
  try {
    const found = String(copy.pragma('quick_check(1)', { simple: true }))
    if (found !== 'ok') throw Object.assign(new Error(found), { code: 'SQLITE_CORRUPT' })
  } finally {
    copy.close()
  }
}
