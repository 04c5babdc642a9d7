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
  readonly atMs: number
}

export interface RecentChanges {
  note(kind: KindName, changes: readonly Change<AnyObject>[]): void
  /** Undefined when it has not changed since the start, or too long ago. */
  of(kind: KindName, key: string): RecentChange | undefined
  /** The youngest first. */
  list(): Iterable<RecentChange>
}

/** Objects whose last change is remembered. A first load is a change too, and is soon forgotten. */
const longest = 2000

export function createRecentChanges(nowMs: () => number): RecentChanges {
  /** The oldest change first. */
  const changes = new Map<string, RecentChange>()
  const idOf = (kind: KindName, key: string): string => `${kind}\n${key}`
  return {
    note(kind, noted) {
      for (const { key, before, after } of noted) {
        const id = idOf(kind, key)
        changes.delete(id)
        changes.set(id, { kind, key, before, after, atMs: nowMs() })
      }
      for (const id of changes.keys()) {
        if (changes.size <= longest) break
        changes.delete(id)
      }
    },
    of: (kind, key) => changes.get(idOf(kind, key)),
    list: () => [...changes.values()].reverse(),
  }
}
