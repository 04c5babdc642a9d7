/** Files that are either the old or the new content, whatever happens in between. */

import { open, readFile, rename, rm } from 'node:fs/promises'

/** `mode` is set before the first byte is written, so that a secret is never readable in between. */
export async function writeAtomically(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${file}.new`
  // A leftover of a killed run could have another mode.
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}

/** Undefined when there is no such file. */
export async function readIfPresent(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
