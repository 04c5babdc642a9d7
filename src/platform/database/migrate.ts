/**
 * Brings a database file to the schema that this program knows: forward only, all steps in one transaction, after a
 * copy of the file as it was (`FILE.backup-vN`, N being its old version). A file from a newer program is refused.
 */

import { existsSync, renameSync, rmSync } from 'node:fs'
import type Sqlite from 'better-sqlite3'
import { MeshwrightError } from '../errors.ts'
import { createPrivateFile } from './private-files.ts'
import { corrupt } from './sqlite-errors.ts'

export interface Migration {
  /**
   * The schema's version after this step; all steps of a program count 1, 2, 3 …, and none ever changes. Whoever opens a
   * database with the steps of some owners only, as tests do, leaves gaps.
   */
  readonly version: number
  readonly name: string
  readonly sql: string
  /** What the writer must run to keep these tables (writer-extension.ts); one migration at most has it. */
  readonly writerExtension?: URL
}

export interface MigrationResult {
  readonly from: number
  readonly to: number
  readonly backupFile: string | undefined
}

/** `handle` is open for writing and nobody else writes. Throws `DATABASE_NEWER`, `DATABASE_CORRUPT`, `DATABASE_MIGRATION_FAILED`. */
export function migrate(handle: Sqlite.Database, file: string, migrations: readonly Migration[]): MigrationResult {
  const steps = ordered(migrations)
  const from = Number(handle.pragma('user_version', { simple: true }))
  requireOwnFile(handle, file)
  const to = steps.at(-1)?.version ?? 0
  if (from > to) {
    throw new MeshwrightError('DATABASE_NEWER', {
      message: `the database ${file} has schema ${from}, and this meshwright knows schemas up to ${to}`,
      remedy: 'Run the meshwright that wrote it or a newer one, or go back to a backup from before its migration.',
      facts: { file, schema: from, known: to },
    })
  }
  const pending = steps.filter(step => step.version > from)
  if (pending.length === 0) return { from, to: from, backupFile: undefined }
  const backupFile = from === 0 ? undefined : backUp(handle, `${file}.backup-v${from}`)
  handle.transaction(() => {
    for (const step of pending) run(handle, file, step)
    handle.pragma(`user_version = ${to}`)
    handle.pragma(`application_id = ${applicationId}`)
  })()
  return { from, to, backupFile }
}

/** "MSHW", so that another program's SQLite file is never taken for ours. https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x4d534857

function ordered(migrations: readonly Migration[]): readonly Migration[] {
  const steps = [...migrations].sort((a, b) => a.version - b.version)
  steps.forEach((step, index) => {
    const earlier = steps[index - 1]
    if (earlier?.version !== step.version) return
    throw new MeshwrightError('INTERNAL', {
      message: `migrations "${earlier.name}" and "${step.name}" have one version, ${step.version}`,
    })
  })
  return steps
}

function requireOwnFile(handle: Sqlite.Database, file: string): void {
  const id = Number(handle.pragma('application_id', { simple: true }))
  const tables = Number(handle.prepare('SELECT count(*) FROM sqlite_schema').pluck().get())
  if (tables > 0 && id !== applicationId) throw corrupt(file, 'it is a database of another program')
}

function run(handle: Sqlite.Database, file: string, step: Migration): void {
  try {
    handle.exec(step.sql)
  } catch (cause) {
    throw new MeshwrightError('DATABASE_MIGRATION_FAILED', {
      message: `step ${step.version} (${step.name}) of the schema failed on ${file}: ${String(cause)}`,
      remedy: 'Nothing was changed; run the previous meshwright again and report this.',
      facts: { file, step: step.version },
      cause,
    })
  }
}

function backUp(handle: Sqlite.Database, target: string): string {
  // Under another name first: a copy that was cut short by a crash must not look like a backup.
  const partial = `${target}.partial`
  rmSync(partial, { force: true })
  createPrivateFile(partial)
  handle.prepare('VACUUM INTO ?').run(partial)
  if (existsSync(target)) rmSync(target)
  renameSync(partial, target)
  return target
}
