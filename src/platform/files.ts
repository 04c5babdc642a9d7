/** Files that are there whole or not at all. */

import { chmodSync, closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'

let counter = 0

/** Write beside, flush, rename: a reader sees the old content or the new, also after a crash. `mode` e.g. 0o600. */
export function writeFileAtomically(file: string, content: string | Uint8Array, mode: number): void {
  const beside = `${file}.${process.pid}.${counter++}.tmp`
  const handle = openSync(beside, 'wx', mode)
  try {
    const bytes = Buffer.from(content)
    for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written)
    fsyncSync(handle)
  } catch (error) {
    unlinkSync(beside)
    throw error
  } finally {
    closeSync(handle)
  }
  // The mode at creation is cut by the umask.
  chmodSync(beside, mode)
  renameSync(beside, file)
}
