/**
 * Pages by all that they say. Facets mostly differ in a few resources of one type: what their tables hold of the others
 * is the same, and a thousand clusters take a megabyte. Keeps nothing alive.
 */

import type { Page } from './response.ts'

/** A look through them for those that are gone is cheap. */
const mostBeforeTidying = 256

export class SamePages {
  readonly #known = new Map<string, WeakRef<readonly Page[]>>()
  #tidyAt = mostBeforeTidying

  /** `key` names everything that the pages say. */
  get(key: string, build: () => readonly Page[]): readonly Page[] {
    const found = this.#known.get(key)?.deref()
    if (found !== undefined) return found
    const pages = build()
    this.#known.set(key, new WeakRef(pages))
    if (this.#known.size >= this.#tidyAt) this.#tidy()
    return pages
  }

  #tidy(): void {
    for (const [key, pages] of this.#known) if (pages.deref() === undefined) this.#known.delete(key)
    this.#tidyAt = Math.max(mostBeforeTidying, 2 * this.#known.size)
  }
}
