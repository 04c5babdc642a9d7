/** SQLite's result codes as the errors of this module. https://www.sqlite.org/rescode.html */

import { MeshwrightError } from '../errors.ts'

/** The result code's name, such as `SQLITE_BUSY`; empty when the error is none of SQLite's. */
export function sqliteCode(thrown: unknown): string {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return ''
  return thrown.code.startsWith('SQLITE_') ? thrown.code : ''
}

/** What an error while opening or reading `file` means to a user. */
export function openErrorFrom(thrown: unknown, file: string): MeshwrightError {
  if (thrown instanceof MeshwrightError) return thrown
  const code = sqliteCode(thrown)
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return corrupt(file, String(thrown), thrown)
  return new MeshwrightError('DATABASE_DIRECTORY_UNUSABLE', {
    message: `the database ${file} cannot be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    remedy: 'Check the owner, the permissions and the free space of the data directory.',
    facts: { file, sqlite: code },
    cause: thrown,
  })
}

export function corrupt(file: string, reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('DATABASE_CORRUPT', {
    message: `the database ${file} is damaged or was not made by meshwright: ${reason}`,
    remedy:
      'Move it away and restore a backup (`meshwright restore FILE --data DIR`); meshwright makes nothing new in its place.',
    facts: { file },
    cause,
  })
}
