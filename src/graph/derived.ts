/** A derived collection: one row per input key, which remembers what its map has read and what it has put out. */

import { plainEqual } from './equality.ts'
import type { DeriveManySpec, DeriveSpec, Failure, Key, Reads, Tracked } from './graph.ts'
import { type Origin, type Readers, type Row, Store, StoreIndex } from './store.ts'

/** `one`: the output has its input's key. */
export type RowSpec<I, O, R extends Reads> =
  | ({ readonly outputs: 'one' } & DeriveSpec<I, O, R>)
  | ({ readonly outputs: 'many' } & DeriveManySpec<I, O, R>)

export class Derived<I, O, R extends Reads> extends Store<O> {
  readonly from: Store<I>
  readonly #spec: RowSpec<I, O, R>
  readonly #rows = new Map<Key, DerivedRow>()
  /** Of `many`: the input of each output. */
  readonly #owners = new Map<Key, Key>()
  readonly #tracked: Tracked<R>
  #dirty = new Set<Key>()
  /** The row whose map is running: the readers record into it. */
  #running: DerivedRow | undefined

  constructor(spec: RowSpec<I, O, R>) {
    super(spec.name, spec.equals ?? plainEqual)
    this.#spec = spec
    this.from = storeOf(spec.from)
    this.from.follow(key => this.#dirty.add(key))
    this.#tracked = this.#trackedReads(spec.reads)
  }

  override inputs(): { readonly from: readonly string[]; readonly reads: readonly string[] } {
    const reads = Object.values(this.#spec.reads).map(read => (read instanceof StoreIndex ? read.store : read).name)
    return { from: [this.from.name], reads: [...new Set(reads)] }
  }

  override *origins(key: Key): Iterable<Origin> {
    const input = this.#spec.outputs === 'one' ? key : this.#owners.get(key)
    const row = input === undefined ? undefined : this.#rows.get(input)
    if (row === undefined) return
    yield { kind: 'item', store: this.from as Store<unknown>, key: row.key }
    yield* row.reads()
  }

  markAllDirty(): void {
    for (const key of this.from.keys()) this.#dirty.add(key)
  }

  mark(key: Key): void {
    this.#dirty.add(key)
  }

  /** Runs the dirty rows; returns how many maps ran. */
  override run(failures: Failure[]): number {
    if (this.#dirty.size === 0) return 0
    const dirty = this.#dirty
    this.#dirty = new Set()
    let runs = 0
    let waiting: Key[] = []
    // Removed inputs first, so that an output key may move from one input to another within a commit.
    for (const key of dirty) {
      if (this.from.has(key)) waiting.push(key)
      else this.#removeRow(key)
    }
    while (waiting.length > 0) {
      const blocked: Key[] = []
      for (const key of waiting) {
        const item = this.from.get(key)
        if (item === undefined) continue
        runs++
        try {
          this.#runRow(key, item)
        } catch (error) {
          if (error instanceof OutputTaken) blocked.push(key)
          else failures.push({ collection: this.name, key, error })
        }
      }
      // An output that another dirty row has given up since is free now; when no row got further, it is a fault.
      if (blocked.length === waiting.length) {
        for (const key of blocked) failures.push({ collection: this.name, key, error: new OutputTaken(this.name, key) })
        break
      }
      waiting = blocked
    }
    return runs
  }

  #runRow(key: Key, item: I): void {
    let row = this.#rows.get(key)
    if (row === undefined) {
      row = new DerivedRow(this, key)
      this.#rows.set(key, row)
    } else row.forget()
    const spec = this.#spec
    this.#running = row
    try {
      if (spec.outputs === 'one') this.set(key, spec.map(item, key, this.#tracked))
      else this.#put(row, new Map(spec.map(item, key, this.#tracked)))
    } finally {
      this.#running = undefined
    }
  }

  #put(row: DerivedRow, outputs: ReadonlyMap<Key, O>): void {
    for (const output of outputs.keys()) {
      const owner = this.#owners.get(output)
      if (owner !== undefined && owner !== row.key) throw new OutputTaken(this.name, row.key)
    }
    for (const output of row.outputs) {
      if (outputs.has(output)) continue
      this.#owners.delete(output)
      this.set(output, undefined)
    }
    for (const [output, value] of outputs) {
      this.#owners.set(output, row.key)
      this.set(output, value)
    }
    row.outputs = [...outputs.keys()]
  }

  #removeRow(key: Key): void {
    const row = this.#rows.get(key)
    if (row === undefined) return
    row.forget()
    this.#rows.delete(key)
    if (this.#spec.outputs === 'one') this.set(key, undefined)
    for (const output of row.outputs) {
      this.#owners.delete(output)
      this.set(output, undefined)
    }
  }

  #trackedReads(reads: R): Tracked<R> {
    const tracked = Object.entries(reads).map(([name, read]) => {
      if (read instanceof StoreIndex) {
        const lookup = (term: Key): readonly unknown[] => {
          this.#record(read.readers, term)
          return read.lookup(term)
        }
        const keysOf = (term: Key): Iterable<Key> => {
          this.#record(read.keyReaders, term)
          return read.keysOf(term)
        }
        // Not recorded: a count only helps to choose what to look up.
        const size = (term: Key): number => read.size(term)
        return [name, { lookup, keysOf, size }] as const
      }
      const store = storeOf(read)
      const reader = {
        get: (key: Key): unknown => {
          this.#record(store.readers, key)
          return store.get(key)
        },
        values: (): Iterable<unknown> => {
          this.#record(store.readers, undefined)
          return store.values()
        },
      }
      return [name, reader] as const
    })
    // Sound: each entry was built as the reader of its own collection or index.
    return Object.fromEntries(tracked) as Tracked<R>
  }

  #record(readers: Readers, at: Key | undefined): void {
    const row = this.#running
    if (row === undefined) throw new Error(`graph: a reader of ${this.name} was used after its map had returned`)
    readers.add(row, at)
  }
}

class OutputTaken extends Error {
  constructor(collection: string, key: Key) {
    super(`graph: an output of ${key} in ${collection} belongs to another input`)
  }
}

class DerivedRow implements Row {
  readonly key: Key
  /** Of `many`. */
  outputs: readonly Key[] = noKeys
  readonly #owner: { mark(key: Key): void }
  /** What it has read: pairs of readers and key (or term). */
  #reads: (Readers | Key | undefined)[] = []

  constructor(owner: { mark(key: Key): void }, key: Key) {
    this.#owner = owner
    this.key = key
  }

  markDirty(): void {
    this.#owner.mark(this.key)
  }

  remember(readers: Readers, at: Key | undefined): void {
    this.#reads.push(readers, at)
  }

  *reads(): Iterable<Origin> {
    for (let i = 0; i < this.#reads.length; i += 2) {
      // Pairs, as `remember` pushes them.
      yield { kind: 'read', readers: this.#reads[i] as Readers, at: this.#reads[i + 1] as Key | undefined }
    }
  }

  forget(): void {
    const reads = this.#reads
    this.#reads = []
    for (let i = 0; i < reads.length; i += 2) {
      // Pairs, as `remember` pushes them.
      const readers = reads[i] as Readers
      readers.drop(this, reads[i + 1] as Key | undefined)
    }
  }
}

const noKeys: readonly Key[] = []

export function storeOf<T>(collection: { readonly name: string }): Store<T> {
  if (collection instanceof Store) return collection
  throw new Error(`graph: ${collection.name} is not a collection of a graph`)
}
