/**
 * Tells when files may have changed: by notices of their folders (a file may be replaced, and in a mounted Secret it is a
 * link whose target moves), and by looking every few seconds for what no notice tells of. What is in them is the
 * caller's business, also that it may be half-written.
 */

import { type FSWatcher, statSync, watch } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from './clock.ts'
import type { Log } from './log.ts'

export interface WatchedFilesOptions {
  readonly files: readonly string[]
  /** The signature of one of the files is another than before; also when one has gone. */
  readonly onChange: () => void
  readonly clock: Clock
  readonly log: Log
}

/** Watches from now on; returns how to end that. */
export function watchFiles({ files, onChange, clock, log }: WatchedFilesOptions): () => void {
  const watchers: FSWatcher[] = []
  let seen = signatureOf(files)
  let soon: Timer | undefined
  let later: Timer | undefined

  const look = (): void => {
    const now = signatureOf(files)
    if (now === seen) return
    seen = now
    onChange()
  }
  const poll = (): void => {
    later = clock.after(pollMs, () => {
      look()
      poll()
    })
  }
  for (const folder of new Set(files.map(file => path.dirname(path.resolve(file))))) {
    const unwatched = (error: unknown): void =>
      log.debug({ folder, code: (error as NodeJS.ErrnoException).code }, 'folder is looked at, not watched')
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        soon?.cancel()
        soon = clock.after(quietMs, look)
      })
      watcher.on('error', unwatched)
      watchers.push(watcher)
    } catch (error) {
      unwatched(error)
    }
  }
  poll()
  return () => {
    for (const watcher of watchers) watcher.close()
    soon?.cancel()
    later?.cancel()
  }
}

/** Several files are often written one after another. */
const quietMs = 30
const pollMs = 2_000

function signatureOf(files: readonly string[]): string {
  return files.map(signature).join('\n')
}

function signature(file: string): string {
  try {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
    return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`
  } catch {
    // A loop of links, a parent that is no folder, no permission: there is nothing for us.
    return ''
  }
}
