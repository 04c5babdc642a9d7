/**
 * Incremental keyed collections: what is derived is recomputed when, and only when, something it read has changed.
 * Knows nothing of meshes; no I/O, no timers.
 *
 *   source ──┐ from        a commit edits sources, then runs the derived collections by height, each dirty key once,
 *            ├──▶ derived   so that no map ever sees half a change; an output equal to the old one stops the wave.
 *   other ───┘ reads
 */

import { type Ancestor, type AncestorQuery, ancestorsOf } from './ancestors.ts'
import { Terms, Union } from './combined.ts'
import { Derived, type RowSpec } from './derived.ts'
import { diagramOf } from './diagram.ts'
import { plainEqual } from './equality.ts'
import { SourceStore, type Store } from './store.ts'

export type Key = string

export interface Change<T> {
  readonly key: Key
  readonly before: T | undefined
  readonly after: T | undefined
}

/** What a `map` may ask of a collection; each call is recorded as a dependency of the key being computed. */
export interface CollectionReader<T> {
  get(key: Key): T | undefined
  /** Depends on every key. */
  values(): Iterable<T>
}

/** What a `map` may ask of an index; depends on the asked term only. */
export interface IndexReader<T> {
  lookup(term: Key): readonly T[]
  /** Of the items that `lookup` would find: depends on which they are, and not on what they hold. */
  keysOf(term: Key): Iterable<Key>
  /** How many items `lookup` would find. Not recorded: only for choosing between terms that lead to the same result. */
  size(term: Key): number
}

/** Items by term. An item may have any number of terms. */
export interface Index<T> {
  readonly kind: 'index'
  readonly name: string
  /** In no particular order: whoever emits sorts. Cost: the number of items found. */
  lookup(term: Key): readonly T[]
  keysOf(term: Key): Iterable<Key>
  size(term: Key): number
}

export interface Collection<T> {
  readonly kind: 'collection'
  readonly name: string
  readonly size: number
  get(key: Key): T | undefined
  has(key: Key): boolean
  keys(): Iterable<Key>
  values(): Iterable<T>
  entries(): Iterable<readonly [Key, T]>
  /** `terms` must be pure. Building it costs the collection's size once, when it is first asked. */
  index(name: string, terms: (item: T, key: Key) => Iterable<Key>): Index<T>
  /** Called once at the end of each commit that changed something here. Returns the call that ends it. */
  onCommit(sink: (changes: readonly Change<T>[]) => void): () => void
}

/** Edited only inside `Graph.commit`; elsewhere `put` and `remove` throw. */
export interface Source<T> extends Collection<T> {
  put(key: Key, item: T): void
  remove(key: Key): void
}

export type Reads = Readonly<Record<string, Collection<unknown> | Index<unknown>>>

export type Tracked<R extends Reads> = {
  readonly [K in keyof R]: R[K] extends Index<infer T>
    ? IndexReader<T>
    : R[K] extends Collection<infer T>
      ? CollectionReader<T>
      : never
}

interface DeriveBasics<I, R extends Reads> {
  readonly name: string
  readonly from: Collection<I>
  /** All that `map` may read beside its item: it receives these, tracked, and nothing else. */
  readonly reads: R
}

export interface DeriveSpec<I, O, R extends Reads> extends DeriveBasics<I, R> {
  /** Pure. Undefined: no output for this key. */
  map(item: I, key: Key, reads: Tracked<R>): O | undefined
  readonly equals?: (a: O, b: O) => boolean
}

export interface DeriveManySpec<I, O, R extends Reads> extends DeriveBasics<I, R> {
  /** Pure. Output keys must be of one input only: two inputs with the same output key are a fault of the second. */
  map(item: I, key: Key, reads: Tracked<R>): Iterable<readonly [Key, O]>
  readonly equals?: (a: O, b: O) => boolean
}

/** A `map` that threw: its key keeps the output it had. */
export interface Failure {
  readonly collection: string
  readonly key: Key
  readonly error: unknown
}

export interface CommitReport {
  /** Maps run, by collection; collections that ran none are absent. */
  readonly recomputed: ReadonlyMap<string, number>
  /** Outputs that became different, by collection (sources included). */
  readonly changed: ReadonlyMap<string, number>
  readonly failures: readonly Failure[]
}

export interface Graph {
  source<T>(name: string, equals?: (a: T, b: T) => boolean): Source<T>
  derive<I, O, R extends Reads>(spec: DeriveSpec<I, O, R>): Collection<O>
  /** One input, any number of outputs. */
  deriveMany<I, O, R extends Reads>(spec: DeriveManySpec<I, O, R>): Collection<O>
  /** The items of all, under their own keys; where two hold a key, the first named wins. */
  union<T>(name: string, parts: readonly Collection<T>[]): Collection<T>
  /** The terms that an index knows, each under itself: what to derive from to get one row per term. */
  terms(name: string, index: Index<unknown>): Collection<Key>
  /** Synchronous. Not reentrant: sinks must not commit. Cost: the dirty keys. */
  commit(edit: () => void): CommitReport
  /**
   * Items of sources that an item was made of, the nearest first: all that was read on the way, used or not. Terms of an
   * index are not followed, nor reads of everything in a big collection. Cost: what is walked, at most `query.limit` items.
   */
  ancestors(query: AncestorQuery): readonly Ancestor[]
  /** Mermaid flowchart of the collections and what they read. */
  diagram(): string
}

export function createGraph(): Graph {
  return new IncrementalGraph()
}

class IncrementalGraph implements Graph {
  /** In order of creation, which is an order of dependency too: a collection can only read what exists. */
  readonly #stores: Store<unknown>[] = []
  #committing = false

  source<T>(name: string, equals: (a: T, b: T) => boolean = plainEqual): Source<T> {
    const source = new SourceStore<T>(this.#unused(name), equals, () => this.#committing)
    this.#stores.push(source as unknown as Store<unknown>)
    return source
  }

  derive<I, O, R extends Reads>(spec: DeriveSpec<I, O, R>): Collection<O> {
    return this.#derived<I, O, R>({ outputs: 'one', ...spec })
  }

  deriveMany<I, O, R extends Reads>(spec: DeriveManySpec<I, O, R>): Collection<O> {
    return this.#derived<I, O, R>({ outputs: 'many', ...spec })
  }

  union<T>(name: string, parts: readonly Collection<T>[]): Collection<T> {
    const union = new Union<T>(this.#unused(name), parts)
    this.#stores.push(union as unknown as Store<unknown>)
    return union
  }

  terms(name: string, index: Index<unknown>): Collection<Key> {
    const terms = new Terms(this.#unused(name), index)
    this.#stores.push(terms as unknown as Store<unknown>)
    return terms
  }

  commit(edit: () => void): CommitReport {
    if (this.#committing) throw new Error('graph: commit inside a commit')
    this.#committing = true
    const recomputed = new Map<string, number>()
    const changed = new Map<string, number>()
    const failures: Failure[] = []
    const notify: (() => void)[] = []
    try {
      edit()
      for (const store of this.#stores) {
        const runs = store.run(failures)
        if (runs > 0) recomputed.set(store.name, runs)
        const changes = store.settle()
        if (changes.length === 0) continue
        changed.set(store.name, changes.length)
        notify.push(() => store.notify(changes))
      }
      for (const tell of notify) tell()
    } finally {
      this.#committing = false
    }
    return { recomputed, changed, failures }
  }

  ancestors(query: AncestorQuery): readonly Ancestor[] {
    return ancestorsOf(this.#stores, query)
  }

  diagram(): string {
    return diagramOf(this.#stores)
  }

  #derived<I, O, R extends Reads>(spec: RowSpec<I, O, R>): Collection<O> {
    this.#unused(spec.name)
    const derived = new Derived<I, O, R>(spec)
    this.#stores.push(derived as unknown as Store<unknown>)
    // What was there before this collection is computed now, so that a late collection equals an early one.
    const failures: Failure[] = []
    derived.markAllDirty()
    derived.run(failures)
    derived.takeChanges()
    const first = failures[0]
    if (first !== undefined) throw first.error
    return derived
  }

  #unused(name: string): string {
    if (this.#stores.some(store => store.name === name)) throw new Error(`graph: two collections named ${name}`)
    return name
  }
}
