/** The outbound scopes that the facets in use need, each requested once from discovery. */

import { type ScopeRequest, scopeKeyOf } from '../discovery/scope.ts'
import type { Source } from '../graph/graph.ts'

export class ScopeRequests {
  readonly #source: Source<ScopeRequest>
  readonly #uses = new Map<string, number>()

  constructor(source: Source<ScopeRequest>) {
    this.#source = source
  }

  /** Inside a commit. */
  retain(request: ScopeRequest | undefined): void {
    if (request === undefined) return
    const key = scopeKeyOf(request)
    const uses = this.#uses.get(key) ?? 0
    this.#uses.set(key, uses + 1)
    if (uses === 0) this.#source.put(key, request)
  }

  /** Inside a commit. */
  release(request: ScopeRequest | undefined): void {
    if (request === undefined) return
    const key = scopeKeyOf(request)
    const uses = (this.#uses.get(key) ?? 0) - 1
    if (uses > 0) {
      this.#uses.set(key, uses)
      return
    }
    this.#uses.delete(key)
    this.#source.remove(key)
  }
}
