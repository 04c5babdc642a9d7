/** What an item was made of, back to the sources, by the reads that its derivation has recorded. */

import type { Key } from './graph.ts'
import { type Origin, type Readers, SourceStore, type Store, type StoreIndex } from './store.ts'

export interface AncestorQuery {
  readonly collection: string
  readonly key: Key
  /** Items looked at, at most. */
  readonly limit: number
}

/** An item of a source. */
export interface Ancestor {
  readonly collection: string
  readonly key: Key
}

/** A read of everything is followed into collections of at most this size. */
const smallCollection = 256

/** Breadth first, so that the nearest come first. */
export function ancestorsOf(stores: readonly Store<unknown>[], query: AncestorQuery): readonly Ancestor[] {
  const start = stores.find(({ name }) => name === query.collection)
  if (start === undefined) return []
  const owners = ownersOf(stores)
  const found: Ancestor[] = []
  const seen = new Map<Store<unknown>, Set<Key>>()
  let waiting: readonly Item[] = [{ store: start, key: query.key }]
  let looked = 0
  while (waiting.length > 0) {
    const next: Item[] = []
    for (const { store, key } of waiting) {
      const known = seen.get(store) ?? new Set()
      seen.set(store, known)
      if (known.has(key)) continue
      known.add(key)
      if (looked++ >= query.limit) return found
      if (store instanceof SourceStore && store.has(key)) found.push({ collection: store.name, key })
      for (const origin of store.origins(key)) next.push(...itemsOf(origin, owners))
    }
    waiting = next
  }
  return found
}

interface Item {
  readonly store: Store<unknown>
  readonly key: Key
}

type Owner = { readonly store: Store<unknown> } | { readonly index: StoreIndex<unknown> }

function ownersOf(stores: readonly Store<unknown>[]): ReadonlyMap<Readers, Owner> {
  const owners = new Map<Readers, Owner>()
  for (const store of stores) {
    owners.set(store.readers, { store })
    for (const index of store.indexes) owners.set(index.readers, { index }).set(index.keyReaders, { index })
  }
  return owners
}

function* itemsOf(origin: Origin, owners: ReadonlyMap<Readers, Owner>): Iterable<Item> {
  if (origin.kind === 'item') {
    yield origin
    return
  }
  const owner = owners.get(origin.readers)
  if (owner === undefined) return
  if ('index' in owner) {
    for (const key of origin.at === undefined ? [] : owner.index.keysOf(origin.at)) {
      yield { store: owner.index.store, key }
    }
    return
  }
  const { store } = owner
  if (origin.at !== undefined) yield { store, key: origin.at }
  else if (store.size <= smallCollection) for (const key of store.keys()) yield { store, key }
}
