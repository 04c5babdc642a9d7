/**
 * A collection's items, its indexes, and who has read what of them. Changes wait in `pending` until `settle` hands them
 * to the indexes, to the rows that depend on them and to the caller.
 */

import type { Change, Collection, Failure, Index, Key, Source } from './graph.ts'

/** One key of a derived collection: what must run again when something it has read changes. */
export interface Row {
  markDirty(): void
  /** Called when this row is put into `readers`, so that it can leave again. */
  remember(readers: Readers, at: Key | undefined): void
}

/** An item of a collection, or what was read of one. */
export type Origin =
  | { readonly kind: 'item'; readonly store: Store<unknown>; readonly key: Key }
  /** `at`: a key or a term; undefined: everything. */
  | { readonly kind: 'read'; readonly readers: Readers; readonly at: Key | undefined }

/** Rows by the key or term they read, plus those that read everything. */
export class Readers {
  /** Most keys have one reader, which then needs no set (measured by bench/graph). */
  readonly #byKey = new Map<Key, Row | Set<Row>>()
  readonly #ofAll = new Set<Row>()

  add(row: Row, at: Key | undefined): void {
    if (at === undefined) {
      if (this.#ofAll.has(row)) return
      this.#ofAll.add(row)
    } else {
      const held = this.#byKey.get(at)
      if (held === row) return
      if (held === undefined) this.#byKey.set(at, row)
      else if (!(held instanceof Set)) this.#byKey.set(at, new Set([held, row]))
      else if (held.has(row)) return
      else held.add(row)
    }
    row.remember(this, at)
  }

  drop(row: Row, at: Key | undefined): void {
    if (at === undefined) {
      this.#ofAll.delete(row)
      return
    }
    const held = this.#byKey.get(at)
    if (held === row) this.#byKey.delete(at)
    if (!(held instanceof Set)) return
    held.delete(row)
    if (held.size === 0) this.#byKey.delete(at)
  }

  markKey(key: Key): void {
    const held = this.#byKey.get(key)
    if (held === undefined) return
    if (held instanceof Set) for (const row of held) row.markDirty()
    else held.markDirty()
  }

  markAll(): void {
    for (const row of this.#ofAll) row.markDirty()
  }
}

/** Built when it is first asked, so that an index that nobody asks costs nothing. */
export class StoreIndex<T> implements Index<T> {
  readonly kind = 'index'
  readonly name: string
  /** Who has looked an item up. */
  readonly readers = new Readers()
  /** Who has asked for keys only, and is not woken when an item changes inside its term. */
  readonly keyReaders = new Readers()
  readonly store: Store<T>
  readonly #terms: (item: T, key: Key) => Iterable<Key>
  #keysByTerm: Map<Key, Key | Set<Key>> | undefined
  readonly #followers: ((term: Key) => void)[] = []

  constructor(store: Store<T>, name: string, terms: (item: T, key: Key) => Iterable<Key>) {
    this.store = store
    this.name = name
    this.#terms = terms
  }

  lookup(term: Key): readonly T[] {
    const keys = this.#built().get(term)
    if (keys === undefined) return []
    const found: T[] = []
    for (const key of keys instanceof Set ? keys : [keys]) {
      const item = this.store.get(key)
      if (item !== undefined) found.push(item)
    }
    return found
  }

  size(term: Key): number {
    const keys = this.#built().get(term)
    if (keys === undefined) return 0
    return keys instanceof Set ? keys.size : 1
  }

  terms(): Iterable<Key> {
    return this.#built().keys()
  }

  /** Keys of the items that `lookup` would find. */
  keysOf(term: Key): Iterable<Key> {
    const keys = this.#built().get(term)
    if (keys === undefined) return []
    return keys instanceof Set ? keys : [keys]
  }

  /** `mark` is called with each term that an item has entered or left. */
  follow(mark: (term: Key) => void): void {
    this.#built()
    this.#followers.push(mark)
  }

  /** Cost: the terms of the item, and for those it has kept not more than their readers. */
  update({ key, before, after }: Change<T>): void {
    const keysByTerm = this.#keysByTerm
    if (keysByTerm === undefined) return
    const left = new Set(before === undefined ? [] : this.#terms(before, key))
    for (const term of new Set(after === undefined ? [] : this.#terms(after, key))) {
      if (left.delete(term)) this.readers.markKey(term)
      else {
        addTo(keysByTerm, term, key)
        this.#moved(term)
      }
    }
    for (const term of left) {
      removeFrom(keysByTerm, term, key)
      this.#moved(term)
    }
  }

  /** An item has entered the term, or left it. */
  #moved(term: Key): void {
    this.readers.markKey(term)
    this.keyReaders.markKey(term)
    for (const mark of this.#followers) mark(term)
  }

  #built(): Map<Key, Key | Set<Key>> {
    if (this.#keysByTerm !== undefined) return this.#keysByTerm
    const keysByTerm = new Map<Key, Key | Set<Key>>()
    for (const [key, item] of this.store.entries()) {
      for (const term of this.#terms(item, key)) addTo(keysByTerm, term, key)
    }
    this.#keysByTerm = keysByTerm
    return keysByTerm
  }
}

function addTo(keysByTerm: Map<Key, Key | Set<Key>>, term: Key, key: Key): void {
  const held = keysByTerm.get(term)
  if (held === undefined) keysByTerm.set(term, key)
  else if (held instanceof Set) held.add(key)
  else if (held !== key) keysByTerm.set(term, new Set([held, key]))
}

function removeFrom(keysByTerm: Map<Key, Key | Set<Key>>, term: Key, key: Key): void {
  const held = keysByTerm.get(term)
  if (held === key) keysByTerm.delete(term)
  if (!(held instanceof Set)) return
  held.delete(key)
  if (held.size === 0) keysByTerm.delete(term)
}

export class Store<T> implements Collection<T> {
  readonly kind = 'collection'
  readonly name: string
  readonly readers = new Readers()
  readonly #equals: (a: T, b: T) => boolean
  readonly #items = new Map<Key, T>()
  readonly #indexes: StoreIndex<T>[] = []
  readonly #sinks = new Set<(changes: readonly Change<T>[]) => void>()
  readonly #followers: ((key: Key) => void)[] = []
  /** What each key held before the first edit since the last `settle`. */
  #pending = new Map<Key, T | undefined>()

  constructor(name: string, equals: (a: T, b: T) => boolean) {
    this.name = name
    this.#equals = equals
  }

  get size(): number {
    return this.#items.size
  }

  get(key: Key): T | undefined {
    return this.#items.get(key)
  }

  has(key: Key): boolean {
    return this.#items.has(key)
  }

  keys(): Iterable<Key> {
    return this.#items.keys()
  }

  values(): Iterable<T> {
    return this.#items.values()
  }

  entries(): Iterable<readonly [Key, T]> {
    return this.#items.entries()
  }

  index(name: string, terms: (item: T, key: Key) => Iterable<Key>): Index<T> {
    const index = new StoreIndex(this, `${this.name}.${name}`, terms)
    this.#indexes.push(index)
    return index
  }

  onCommit(sink: (changes: readonly Change<T>[]) => void): () => void {
    this.#sinks.add(sink)
    return () => this.#sinks.delete(sink)
  }

  /** `mark` is called with each changed key: how a derived collection follows the one it is derived from. */
  follow(mark: (key: Key) => void): void {
    this.#followers.push(mark)
  }

  /** Brings a collection that is made of others up to date; returns how many maps ran. */
  run(_failures: Failure[]): number {
    return 0
  }

  get indexes(): readonly StoreIndex<T>[] {
    return this.#indexes
  }

  /** What the item under `key` was made of, as far as this collection remembers. */
  origins(_key: Key): Iterable<Origin> {
    return []
  }

  /** What it is made of, for the diagram: `from` decides its keys, `reads` is looked up. */
  inputs(): { readonly from: readonly string[]; readonly reads: readonly string[] } {
    return { from: [], reads: [] }
  }

  protected set(key: Key, item: T | undefined): void {
    const held = this.#items.get(key)
    if (held === item || (held !== undefined && item !== undefined && this.#equals(held, item))) return
    if (!this.#pending.has(key)) this.#pending.set(key, held)
    if (item === undefined) this.#items.delete(key)
    else this.#items.set(key, item)
  }

  /** Ends this store's part of a commit: net changes, told to indexes and dependent rows. Cost: the changes. */
  settle(): readonly Change<T>[] {
    if (this.#pending.size === 0) return []
    const changes = this.takeChanges()
    for (const change of changes) {
      for (const index of this.#indexes) index.update(change)
      this.readers.markKey(change.key)
      for (const mark of this.#followers) mark(change.key)
    }
    if (changes.length > 0) this.readers.markAll()
    return changes
  }

  /** The net changes since the last call: a key edited back to what it was is none. */
  takeChanges(): readonly Change<T>[] {
    const changes: Change<T>[] = []
    for (const [key, before] of this.#pending) {
      const after = this.#items.get(key)
      if (before === after || (before !== undefined && after !== undefined && this.#equals(before, after))) continue
      changes.push({ key, before, after })
    }
    this.#pending = new Map()
    return changes
  }

  notify(changes: readonly Change<T>[]): void {
    for (const sink of this.#sinks) sink(changes)
  }
}

export class SourceStore<T> extends Store<T> implements Source<T> {
  readonly #editable: () => boolean

  constructor(name: string, equals: (a: T, b: T) => boolean, editable: () => boolean) {
    super(name, equals)
    this.#editable = editable
  }

  put(key: Key, item: T): void {
    this.#check()
    this.set(key, item)
  }

  remove(key: Key): void {
    this.#check()
    this.set(key, undefined)
  }

  #check(): void {
    if (!this.#editable()) throw new Error(`graph: ${this.name} edited outside a commit`)
  }
}
