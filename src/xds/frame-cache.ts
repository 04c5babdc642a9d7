/**
 * Pages that more than one stream may need, by what they say: least recently used first out, bounded in bytes. A page that
 * is thrown out early costs building it again and nothing else.
 */

import type { Page } from './response.ts'
import type { Table } from './table.ts'

interface Entry {
  readonly pages: readonly Page[]
  /** What a table changed away from at a later version is of no more use. */
  readonly tables: readonly { readonly table: Table; readonly version: number }[]
  readonly sizeBytes: number
}

/** A sweep looks at each. */
const mostEntries = 10_000

export class FrameCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  #sizeBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get size(): number {
    return this.#entries.size
  }

  /** The pages under `key`, built now when they are not here. `key` names the tables' versions, so an entry never goes wrong. */
  get(key: string, tables: readonly Table[], build: () => readonly Page[]): readonly Page[] {
    const found = this.#entries.get(key)
    if (found !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, found)
      return found.pages
    }
    const pages = build()
    const sizeBytes = pages.reduce((sum, page) => sum + page.sizeBytes, key.length)
    if (sizeBytes > this.#maxBytes) return pages
    this.#entries.set(key, { pages, sizeBytes, tables: tables.map(table => ({ table, version: table.version })) })
    this.#sizeBytes += sizeBytes
    for (const oldest of this.#entries.keys()) {
      if (this.#sizeBytes <= this.#maxBytes && this.#entries.size <= mostEntries) break
      this.#remove(oldest)
    }
    return pages
  }

  /** Drops what speaks of a table that has changed since or that nobody watches. Cost: the number of entries. */
  sweep(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.tables.some(({ table, version }) => table.version !== version || table.cursorCount === 0))
        this.#remove(key)
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#sizeBytes -= entry.sizeBytes
  }
}
