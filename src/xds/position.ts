/** How far a client is in the tables of one type, and what it holds that no cursor speaks of. */

import type { EncodedResource } from '../platform/encoded-resource.ts'
import { isWanted, type Subscription } from './subscription.ts'
import type { Cursor, Table } from './table.ts'

/** What the client has of a resource: the bytes where this process sent them, else its version as the client names it. */
export type Held = EncodedResource | { readonly version: string }

/** What a step to the present brings apart from changes since the cursors. */
export interface Advance {
  /** What differs from what the client holds of an earlier stream, or of tables that were replaced. */
  readonly differing: ReadonlyMap<string, EncodedResource>
  /** What the client holds and the tables do not. */
  readonly gone: ReadonlyMap<string, Held>
}

export class Position {
  #subscription: Subscription
  readonly #wake: () => void
  #cursors: readonly Cursor[] = []
  #known: ReadonlyMap<string, Held> | undefined
  #isFresh = true

  constructor(subscription: Subscription, wake: () => void) {
    this.#subscription = subscription
    this.#wake = wake
  }

  get hasTables(): boolean {
    return this.#cursors.length > 0
  }

  get tables(): readonly Table[] {
    return this.#cursors.map(cursor => cursor.table)
  }

  /** Nothing of the present tables has been sent, and nothing is known of what the client holds. */
  get isFresh(): boolean {
    return this.#isFresh
  }

  /** The client continues with what it holds; not yet compared with the tables. */
  get isContinued(): boolean {
    return this.#known !== undefined
  }

  get isBehind(): boolean {
    return this.#known !== undefined || this.#cursors.some(cursor => cursor.isBehind)
  }

  /** The client is so far behind that what it holds is no longer known. */
  get isLost(): boolean {
    return this.#cursors.some(cursor => cursor.isLost)
  }

  /** Cursors whose changes are to be sent; none while `isContinued`, because then all is compared. */
  get changedCursors(): readonly Cursor[] {
    if (this.#known !== undefined) return []
    return this.#isFresh ? this.#cursors : this.#cursors.filter(cursor => cursor.isBehind)
  }

  /** From nothing, or from what the client says to hold. */
  start(tables: readonly Table[], known: ReadonlyMap<string, Held>): void {
    for (const cursor of this.#cursors) cursor.release()
    this.#known = known.size > 0 ? known : undefined
    this.#isFresh = known.size === 0
    this.#cursors = tables.map(table => table.cursor(this.#subscription, this.#wake))
  }

  resubscribe(subscription: Subscription): void {
    this.#subscription = subscription
    for (const cursor of this.#cursors) cursor.resubscribe(subscription)
  }

  /** Forgets what is known of `names`, so that they are sent even if the client seems to have them. */
  doubt(names: Iterable<string>): void {
    if (this.#known === undefined) return
    const known = new Map(this.#known)
    for (const name of names) if (known.has(name)) known.set(name, { version: '' })
    this.#known = known
  }

  find(name: string): EncodedResource | undefined {
    if (!isWanted(this.#subscription, name)) return undefined
    for (const { table } of this.#cursors) {
      const resource = table.get(name)
      if (resource !== undefined) return resource
    }
    return undefined
  }

  isChildless(scope: string): boolean {
    return this.#cursors.every(({ table }) => table.namesIn(scope).size === 0)
  }

  /** Wanted names that were added or changed since the cursors. */
  changedNames(): string[] {
    return this.changedCursors.flatMap(({ table, position }) =>
      [...table.changedSince(position)].filter(
        name => isWanted(this.#subscription, name) && table.get(name) !== undefined,
      ),
    )
  }

  /** Moves the cursors to the present. Cost: what changed; the tables' size when the client is continued. */
  advance(): Advance {
    const known = this.#known
    const advance = known === undefined ? { differing: new Map(), gone: this.#removed() } : this.#compare(known)
    this.#known = undefined
    this.#isFresh = false
    for (const cursor of this.#cursors) cursor.moveTo(cursor.table.version)
    return advance
  }

  /** What the client holds if it took all that was sent. Cost: the tables' size. */
  held(): Map<string, Held> {
    const held = new Map<string, Held>(this.#known ?? [])
    for (const { table, position } of this.#cursors) {
      for (const [name, resource] of table.heldAt(position, this.#subscription)) held.set(name, resource)
    }
    return held
  }

  /** The version that the client holds of each of `names`, as `held`. Cost: the names, and what changed since the cursors. */
  heldOf(names: Iterable<string>): Map<string, string> {
    const cursors = this.#cursors.map(({ table, position }) => ({
      table,
      position,
      replaced: table.replacedSince(position),
    }))
    const versions = new Map<string, string>()
    for (const name of names) {
      const known = this.#known?.get(name)
      if (known !== undefined) versions.set(name, known.version)
      if (!isWanted(this.#subscription, name)) continue
      for (const { table, position, replaced } of cursors) {
        if (position === 0) continue
        const resource = replaced.has(name) ? replaced.get(name) : table.get(name)
        if (resource !== undefined) versions.set(name, resource.version)
      }
    }
    return versions
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.release()
    this.#cursors = []
  }

  #compare(known: ReadonlyMap<string, Held>): Advance {
    const differing = new Map<string, EncodedResource>()
    for (const { table } of this.#cursors) {
      for (const resource of table.wanted(this.#subscription)) {
        if (known.get(resource.name)?.version !== resource.version) differing.set(resource.name, resource)
      }
    }
    const gone = [...known].filter(([name]) => isWanted(this.#subscription, name) && this.find(name) === undefined)
    return { differing, gone: new Map(gone) }
  }

  #removed(): Map<string, EncodedResource> {
    const removed = new Map<string, EncodedResource>()
    for (const { table, position, isBehind } of this.#cursors) {
      if (position === 0 || !isBehind) continue
      for (const [name, previous] of table.replacedSince(position)) {
        if (previous === undefined || !isWanted(this.#subscription, name) || this.find(name) !== undefined) continue
        removed.set(name, previous)
      }
    }
    return removed
  }
}
