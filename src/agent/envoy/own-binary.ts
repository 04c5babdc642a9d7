/** Whether a binary in the cache may be run: only this user and root can have put it there. */

import { access, constants, stat } from 'node:fs/promises'
import path from 'node:path'

/** False, too, when there is none. With `HOME` in a shared folder or of another user (sudo) the cache may be somebody else's. */
export async function isOwnBinary(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await isOnlyOurs(file)) && (await isOnlyOurs(path.dirname(file)))
  } catch {
    return false
  }
}

async function isOnlyOurs(entry: string): Promise<boolean> {
  const { uid, mode } = await stat(entry)
  const own = process.geteuid?.()
  return own === undefined || ((uid === own || uid === 0) && (mode & 0o002) === 0)
}
