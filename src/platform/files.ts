/** Files that are there whole or not at all, and the directories that they lie in. */

import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

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

/**
 * The directory and those above it, as far as they are missing, each of mode 0700; one that exists keeps its mode. Parent by
 * parent, because Node's own recursive mkdir never returns where a file system denies that the parent exists (`/proc/x`).
 */
export function makePrivateDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return
  const parent = path.dirname(path.resolve(directory))
  if (parent !== path.resolve(directory)) makePrivateDirectories(parent)
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // Somebody else was faster.
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}
