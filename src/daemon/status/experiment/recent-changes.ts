/** What objects were before their last change: to tell what a change has done, and to undo it in an experiment. */

import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import type { KindName } from '../../../config/object.ts'
import type { Change } from '../../../graph/graph.ts'

export interface RecentChange {
  readonly kind: KindName
  readonly key: string
  /** Undefined: it did not exist. */
  readonly before: AnyObject | undefined
  readonly after: AnyObject | undefined
  /** Undefined: in an earlier run of the daemon. */
  readonly atMs: number | undefined
}

export interface RecentChanges {
  note(kind: KindName, changes: readonly Change<AnyObject>[]): void
  /**
   * What has been noted until now was the first load, and no news: the last changes are those of earlier runs, which are
   * asked for when somebody wants to know.
   */
  loaded(): void
  /** Undefined when it has not changed, or too long ago. */
  of(kind: KindName, key: string): RecentChange | undefined
  /** The youngest first. */
  list(): Iterable<RecentChange>
}

export interface RecentChangesOptions {
  readonly now: () => number
  /** Of objects that are there, the youngest first, at most `limit`. */
  readonly earlier: (limit: number) => readonly RecentChange[]
}

/** Objects whose last change is remembered. */
const longest = 2000

export function createRecentChanges({ now, earlier }: RecentChangesOptions): RecentChanges {
  /** The oldest change first. */
  let changes = new Map<string, RecentChange>()
  let isEarlierMissing = false
  const idOf = ({ kind, key }: Pick<RecentChange, 'kind' | 'key'>): string => `${kind}\n${key}`
  const complete = (): ReadonlyMap<string, RecentChange> => {
    if (!isEarlierMissing) return changes
    isEarlierMissing = false
    const old = earlier(longest - changes.size).filter(change => !changes.has(idOf(change)))
    changes = new Map([...old.reverse().map(change => [idOf(change), change] as const), ...changes])
    return changes
  }
  return {
    note(kind, noted) {
      for (const { key, before, after } of noted) {
        const id = idOf({ kind, key })
        changes.delete(id)
        changes.set(id, { kind, key, before, after, atMs: now() })
      }
      for (const id of changes.keys()) {
        if (changes.size <= longest) break
        changes.delete(id)
      }
    },
    loaded() {
      changes.clear()
      isEarlierMissing = true
    },
    of: (kind, key) => complete().get(idOf({ kind, key })),
    list: () => [...complete().values()].reverse(),
  }
}
