/**
 * A watch: what changes from a revision on, as events of Kubernetes. There is no queue: each watcher has a cursor in the line
 * of revisions, and what its reader has not taken yet stays where everybody finds it. One that falls behind what is kept
 * is told so (410) and lists again.
 */

import type { ConfigEntry } from '../../config/store/config-access.ts'
import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { JsonObject } from '../json-value.ts'
import { statusOf } from '../refuse.ts'
import type { CommitFeed } from './commit-feed.ts'
import { eventLine } from './event-lines.ts'

export interface WatchOptions {
  readonly feed: CommitFeed
  readonly clock: Clock
  /** The revision after which changes are told. */
  readonly from: number
  /** What is there at `from`, told as added first. */
  readonly initial: readonly ConfigEntry[]
  /** Of this kind and namespace, and selected. Called with versions that have an object. */
  concerns(entry: ConfigEntry): boolean
  /** Of this kind and namespace, selected or not. */
  isOfKind(entry: ConfigEntry): boolean
  readonly bookmarks: boolean
  /** A bookmark that ends the initial events is asked for. */
  readonly markInitial: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Names all that decides what is shown of an entry, beside the entry: watchers with the same view share the bytes. */
  readonly view: string
  /** `last`: of a deletion, the version before it. */
  show(entry: ConfigEntry, last: ConfigEntry | undefined): JsonObject
  /** An object with nothing but the revision, and annotations. */
  bookmark(revision: number, annotations: Readonly<Record<string, string>>): JsonObject
}

const bookmarkEveryMs = 60_000

/** Lines of JSON. Ends at the timeout and with the signal. */
export async function* watchEvents(options: WatchOptions): AsyncGenerator<Buffer> {
  const { feed, clock, signal } = options
  const timeout = new AbortController()
  const timer = clock.after(options.timeoutMs, () => timeout.abort())
  const end = AbortSignal.any([signal, timeout.signal])
  const leave = feed.join()
  let cursor = options.from
  let marked = cursor
  let markedAtMs = clock.monotonicMs()
  try {
    for (const entry of options.initial) yield eventLine('ADDED', options.show(entry, undefined))
    if (options.markInitial)
      yield eventLine('BOOKMARK', options.bookmark(cursor, { 'k8s.io/initial-events-end': 'true' }))
    while (!end.aborted) {
      for (const commit of feed.since(cursor)) {
        for (const entry of commit.entries) {
          if (!options.isOfKind(entry)) continue
          const event = eventOf(entry, options)
          if (event === undefined) continue
          yield event
          marked = commit.revision
        }
        cursor = commit.revision
        if (end.aborted) return
      }
      await nextCommit(cursor, options, end)
      if (options.bookmarks && cursor > marked && clock.monotonicMs() - markedAtMs >= bookmarkEveryMs) {
        marked = cursor
        markedAtMs = clock.monotonicMs()
        yield eventLine('BOOKMARK', options.bookmark(cursor, {}))
      }
    }
  } catch (thrown) {
    const error = errorFrom(thrown)
    yield eventLine('ERROR', { ...statusOf(error) })
    if (error.code === 'INTERNAL') throw thrown
  } finally {
    leave()
    timer.cancel()
    timeout.abort()
  }
}

/** Resolves at a commit, at the end, or when it is time for a bookmark. */
async function nextCommit(cursor: number, { feed, clock, bookmarks }: WatchOptions, end: AbortSignal): Promise<void> {
  const pause = new AbortController()
  const timer = bookmarks ? clock.after(bookmarkEveryMs, () => pause.abort()) : undefined
  await feed.next(cursor, AbortSignal.any([end, pause.signal]))
  timer?.cancel()
}

function eventOf(entry: ConfigEntry, { feed, concerns, view, show }: WatchOptions): Buffer | undefined {
  const before = feed.before(entry)
  const was = before !== undefined && concerns(before)
  const is = entry.object !== undefined && concerns(entry)
  if (!is && !was) return undefined
  const type = !is ? 'DELETED' : was ? 'MODIFIED' : 'ADDED'
  return feed.lines.line(type, entry, view, () => show(entry, before))
}
