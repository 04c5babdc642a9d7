/** The latest commits in memory, so that a hundred watchers that keep up cost no hundred reads of the database. */

import type { ConfigAccess, ConfigCommit, ConfigEntry } from '../../config/store/config-access.ts'
import { createEventLines, type EventLines } from './event-lines.ts'

export interface CommitFeed {
  /** The events of these commits as bytes. */
  readonly lines: EventLines
  /** Later commits, the oldest first, some of them at most. Throws `REVISION_COMPACTED`, `REVISION_UNKNOWN`. */
  since(revision: number): readonly ConfigCommit[]
  /** Commits in memory: bounded, however many there are. */
  readonly kept: number
  /** Watches that are open. */
  readonly watchers: number
  /** One more, until the answer is called. */
  join(): () => void
  /** The version before this one; undefined where there was none, or none is known any more. */
  before(entry: ConfigEntry): ConfigEntry | undefined
  /** Resolves at the next commit, or when the signal is aborted. */
  next(revision: number, signal: AbortSignal): Promise<void>
  stop(): void
}

const commitsKept = 512

export function createCommitFeed(
  access: Pick<ConfigAccess, 'revision' | 'get' | 'changesSince' | 'onChange'>,
): CommitFeed {
  const kept: ConfigCommit[] = []
  /** Every commit after it is kept. */
  let knownSince = access.revision()
  let newest = knownSince
  const previous = new WeakMap<ConfigEntry, { readonly entry: ConfigEntry | undefined }>()
  const waiting = new Set<() => void>()
  const end = access.onChange(commit => {
    kept.push(commit)
    newest = commit.revision
    if (kept.length > commitsKept) knownSince = kept.shift()?.revision ?? knownSince
    for (const wake of [...waiting]) wake()
  })
  let watchers = 0
  return {
    lines: createEventLines(),
    get kept() {
      return kept.length
    },
    get watchers() {
      return watchers
    },
    join() {
      watchers += 1
      return () => {
        watchers -= 1
      }
    },
    since(revision) {
      if (revision < knownSince) return access.changesSince(revision, commitsKept)
      if (revision > newest) return access.changesSince(revision)
      const first = kept.findIndex(commit => commit.revision > revision)
      return first < 0 ? [] : kept.slice(first)
    },
    before(entry) {
      const known = previous.get(entry)
      if (known !== undefined) return known.entry
      const found = { entry: versionBefore(access, entry) }
      previous.set(entry, found)
      return found.entry
    },
    next(revision, signal) {
      return new Promise(resolve => {
        const wake = (): void => {
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        if (newest > revision || signal.aborted) return wake()
        waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    },
    stop: end,
  }
}

function versionBefore(access: Pick<ConfigAccess, 'get'>, entry: ConfigEntry): ConfigEntry | undefined {
  try {
    const found = access.get(entry, entry.revision - 1)
    return found?.object === undefined ? undefined : found
  } catch {
    // Compacted meanwhile: whoever watches has the object already, or lists again.
    return undefined
  }
}
