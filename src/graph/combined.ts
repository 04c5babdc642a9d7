/** Collections made of others without a map: the union of several, and the terms of an index. */

import { storeOf } from './derived.ts'
import { plainEqual } from './equality.ts'
import type { Collection, Index, Key } from './graph.ts'
import { type Origin, Store, StoreIndex } from './store.ts'

/** Where two parts hold a key, the first part wins. */
export class Union<T> extends Store<T> {
  readonly #parts: readonly Store<T>[]
  #dirty = new Set<Key>()

  constructor(name: string, parts: readonly Collection<T>[]) {
    // Items were compared when they entered their part: another item under a key is another value.
    super(name, Object.is)
    this.#parts = parts.map(part => storeOf<T>(part))
    for (const part of this.#parts) {
      part.follow(key => this.#dirty.add(key))
      for (const key of part.keys()) this.#dirty.add(key)
    }
    this.run()
    this.takeChanges()
  }

  override run(): number {
    for (const key of this.#dirty) this.set(key, this.#parts.find(part => part.has(key))?.get(key))
    this.#dirty = new Set()
    return 0
  }

  override *origins(key: Key): Iterable<Origin> {
    for (const part of this.#parts) if (part.has(key)) yield { kind: 'item', store: part as Store<unknown>, key }
  }

  override inputs(): { readonly from: readonly string[]; readonly reads: readonly string[] } {
    return { from: this.#parts.map(part => part.name), reads: [] }
  }
}

/** Each term that has an item, under itself. */
export class Terms extends Store<Key> {
  readonly #index: StoreIndex<unknown>

  constructor(name: string, index: Index<unknown>) {
    super(name, plainEqual)
    if (!(index instanceof StoreIndex)) throw new Error(`graph: ${index.name} is not an index of a graph`)
    this.#index = index
    index.follow(term => this.set(term, index.size(term) > 0 ? term : undefined))
    for (const term of index.terms()) this.set(term, term)
    this.takeChanges()
  }

  override inputs(): { readonly from: readonly string[]; readonly reads: readonly string[] } {
    return { from: [this.#index.store.name], reads: [] }
  }
}
