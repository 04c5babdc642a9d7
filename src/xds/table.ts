/**
 * A resource table with a log of its changes. Cursors of the same subscription stand in one group, so that a change costs
 * the number of distinct subscriptions and of the cursors that it wakes. A change's log entry, with what it replaced (the
 * tombstone), is kept until every cursor is past it.
 */

import type { EncodedResource } from '../platform/encoded-resource.ts'
import type { ResourceChange, ResourceTable } from './resource-table.ts'
import { isWanted, type Subscription, scopeOf } from './subscription.ts'

export function createResourceTable(typeUrl: string): ResourceTable {
  return new Table(typeUrl)
}

/** A place in a table's history, held by one watch. Only the table writes it. */
export interface Cursor {
  readonly table: Table
  /** The holder has everything of its subscription up to this version. */
  readonly position: number
  /** Something wanted has changed since `position`. */
  readonly isBehind: boolean
  /** The log no longer reaches back to `position`: what the holder has is unknown. */
  readonly isLost: boolean
  /** The smallest version that means the same as `position` for this subscription; equal for cursors in the same state. */
  readonly canonical: number
  moveTo(version: number): void
  resubscribe(subscription: Subscription): void
  release(): void
}

interface LogEntry {
  readonly version: number
  readonly name: string
  /** What the change replaced. */
  readonly previous: EncodedResource | undefined
}

interface Group {
  readonly subscription: Subscription
  readonly cursors: Set<TableCursor>
  /** Versions that changed something wanted, ascending, since `since`. */
  relevant: number[]
  readonly since: number
}

/** The log of one table is never longer than this (or twice the table): a client that stays behind is cut off. */
const longestLog = 4096
const pruneEvery = 32

let nextTableId = 1
const nothing: ReadonlySet<string> = new Set()

export class Table implements ResourceTable {
  /** Unique in the process; part of cache keys. */
  readonly id: number = nextTableId++
  readonly typeUrl: string
  #version = 0
  #floor = 0
  #log: LogEntry[] = []
  #loggedSincePrune = 0
  readonly #live = new Map<string, EncodedResource>()
  readonly #groups = new Map<Subscription, Group>()
  #cursorCount = 0
  #byScope: Map<string, Set<string>> | undefined
  #followers: ((changes: readonly ResourceChange[]) => void)[] | undefined

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl
  }

  get version(): number {
    return this.#version
  }

  get size(): number {
    return this.#live.size
  }

  get cursorCount(): number {
    return this.#cursorCount
  }

  /** Log entries kept, tombstones included. */
  get logLength(): number {
    return this.#log.length
  }

  get floor(): number {
    return this.#floor
  }

  get(name: string): EncodedResource | undefined {
    return this.#live.get(name)
  }

  names(): Iterable<string> {
    return this.#live.keys()
  }

  apply(changes: readonly ResourceChange[]): void {
    const next = this.#version + 1
    const changed: string[] = []
    for (const { name, resource } of changes) {
      const previous = this.#live.get(name)
      if (previous?.version === resource?.version) continue
      if (resource === undefined) this.#live.delete(name)
      else this.#live.set(name, resource)
      if (resource === undefined) this.#byScope?.get(scopeOf(name))?.delete(name)
      else if (previous === undefined) this.#putInScope(name)
      this.#log.push({ version: next, name, previous })
      changed.push(name)
    }
    if (changed.length === 0) return
    this.#version = next
    for (const group of this.#groups.values()) {
      if (!changed.some(name => isWanted(group.subscription, name))) continue
      group.relevant.push(next)
      for (const cursor of group.cursors) cursor.wake()
    }
    if (this.#followers !== undefined) for (const follow of this.#followers) follow(changes)
    this.#loggedSincePrune += changed.length
    if (this.#loggedSincePrune >= Math.max(pruneEvery, this.#cursorCount)) this.prune()
  }

  /** `follower` gets the changes of each `apply` that changed something. Returns the call that ends it. */
  follow(follower: (changes: readonly ResourceChange[]) => void): () => void {
    this.#followers = [...(this.#followers ?? []), follower]
    return () => {
      const rest = this.#followers?.filter(one => one !== follower) ?? []
      this.#followers = rest.length === 0 ? undefined : rest
    }
  }

  changedSince(cursor: number): ReadonlySet<string> {
    if (cursor < this.#floor) return new Set(this.#live.keys())
    const names = new Set<string>()
    for (let i = this.#firstAfter(cursor); i < this.#log.length; i++) {
      const entry = this.#log[i]
      if (entry !== undefined) names.add(entry.name)
    }
    return names
  }

  /** For each name changed after `cursor`: the resource at `cursor` (undefined: there was none). */
  replacedSince(cursor: number): ReadonlyMap<string, EncodedResource | undefined> {
    const replaced = new Map<string, EncodedResource | undefined>()
    for (let i = this.#firstAfter(cursor); i < this.#log.length; i++) {
      const entry = this.#log[i]
      if (entry !== undefined && !replaced.has(entry.name)) replaced.set(entry.name, entry.previous)
    }
    return replaced
  }

  /** What a holder of `subscription` at `position` has. Cost: the table's size; for status and for changing tables. */
  heldAt(position: number, subscription: Subscription): Map<string, EncodedResource> {
    const held = new Map<string, EncodedResource>()
    if (position === 0) return held
    for (const [name, resource] of this.#live) if (isWanted(subscription, name)) held.set(name, resource)
    for (const [name, previous] of this.replacedSince(position)) {
      if (!isWanted(subscription, name)) continue
      if (previous === undefined) held.delete(name)
      else held.set(name, previous)
    }
    return held
  }

  /** Names of the form `SCOPE/…`. The first call indexes the table. */
  namesIn(scope: string): ReadonlySet<string> {
    if (this.#byScope === undefined) {
      this.#byScope = new Map()
      for (const name of this.#live.keys()) this.#putInScope(name)
    }
    return this.#byScope.get(scope) ?? nothing
  }

  #putInScope(name: string): void {
    if (this.#byScope === undefined) return
    const scope = scopeOf(name)
    const names = this.#byScope.get(scope)
    if (names === undefined) this.#byScope.set(scope, new Set([name]))
    else names.add(name)
  }

  /** Wanted resources. Cost: the smaller of the list of names and the table; wildcards and scopes walk the table. */
  *wanted(subscription: Subscription): Iterable<EncodedResource> {
    const { wildcard, scopes, names } = subscription
    if (!wildcard && scopes.size === 0 && names.size <= this.#live.size) {
      for (const name of names) {
        const resource = this.#live.get(name)
        if (resource !== undefined) yield resource
      }
      return
    }
    for (const [name, resource] of this.#live) if (isWanted(subscription, name)) yield resource
  }

  /** A cursor at 0: its holder has nothing. `wake` is called when a wanted name changes. */
  cursor(subscription: Subscription, wake: () => void): Cursor {
    this.#cursorCount++
    const cursor = new TableCursor(this, this.#join(subscription), wake)
    cursor.group.cursors.add(cursor)
    return cursor
  }

  /** Drops what every cursor is past. Cost: the number of cursors, so it runs once per that many changes. */
  prune(): void {
    this.#loggedSincePrune = 0
    let needed = this.#version
    for (const group of this.#groups.values()) {
      for (const cursor of group.cursors) {
        cursor.skipIrrelevant()
        // A cursor at 0 holds nothing and needs no history.
        if (cursor.position > 0) needed = Math.min(needed, cursor.position)
      }
    }
    const longest = Math.max(longestLog, 2 * this.#live.size)
    const tooOld = this.#log[this.#log.length - longest - 1]
    if (tooOld !== undefined) needed = Math.max(needed, tooOld.version)
    if (needed <= this.#floor) return
    this.#log = this.#log.slice(this.#firstAfter(needed))
    this.#floor = needed
    for (const group of this.#groups.values()) {
      const last = group.relevant.findLastIndex(version => version <= needed)
      if (last > 0) group.relevant = group.relevant.slice(last)
    }
  }

  /** Internal to `TableCursor`. */
  regroup(cursor: TableCursor, subscription: Subscription): void {
    if (cursor.group.subscription === subscription) return
    cursor.skipIrrelevant()
    this.#leave(cursor)
    cursor.group = this.#join(subscription)
    cursor.group.cursors.add(cursor)
  }

  /** Internal to `TableCursor`. */
  forget(cursor: TableCursor): void {
    if (!cursor.group.cursors.has(cursor)) return
    this.#cursorCount--
    this.#leave(cursor)
  }

  #join(subscription: Subscription): Group {
    const existing = this.#groups.get(subscription)
    if (existing !== undefined) return existing
    const group: Group = { subscription, cursors: new Set(), relevant: [], since: this.#version }
    this.#groups.set(subscription, group)
    return group
  }

  #leave(cursor: TableCursor): void {
    cursor.group.cursors.delete(cursor)
    if (cursor.group.cursors.size === 0) this.#groups.delete(cursor.group.subscription)
  }

  /** Index of the first log entry with a version above `version`. */
  #firstAfter(version: number): number {
    let low = 0
    let high = this.#log.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#log[middle]?.version ?? Number.POSITIVE_INFINITY) <= version) low = middle + 1
      else high = middle
    }
    return low
  }
}

class TableCursor implements Cursor {
  readonly table: Table
  group: Group
  position = 0
  readonly wake: () => void

  constructor(table: Table, group: Group, wake: () => void) {
    this.table = table
    this.group = group
    this.wake = wake
  }

  get isBehind(): boolean {
    return this.position < this.#lastRelevant
  }

  get isLost(): boolean {
    return this.position > 0 && this.position < this.table.floor && this.isBehind
  }

  get canonical(): number {
    if (this.position < this.group.since) return this.position
    const last = this.group.relevant.findLast(version => version <= this.position)
    return last ?? this.group.since
  }

  moveTo(version: number): void {
    this.position = version
  }

  resubscribe(subscription: Subscription): void {
    this.table.regroup(this, subscription)
  }

  release(): void {
    this.table.forget(this)
  }

  skipIrrelevant(): void {
    if (this.position > 0 && !this.isBehind) this.position = this.table.version
  }

  /** A cursor older than its group cannot know whether something wanted changed before the group began. */
  get #lastRelevant(): number {
    return this.group.relevant.at(-1) ?? this.group.since
  }
}
