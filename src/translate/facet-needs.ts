/** What must be derived while a facet is in use: its outbound scope and its outbound plan, each asked for once. */

import { type ScopeRequest, scopeKeyOf } from '../discovery/scope.ts'
import type { Source } from '../graph/graph.ts'
import { type OutboundView, outboundViewKey } from './outbound/view.ts'
import type { AnyResourceKind } from './resource-kind.ts'

export class FacetNeeds {
  readonly #scopes: Requests<ScopeRequest>
  readonly #views: Requests<OutboundView>

  constructor(scopes: Source<ScopeRequest>, views: Source<OutboundView>) {
    this.#scopes = new Requests(scopes, scopeKeyOf)
    this.#views = new Requests(views, outboundViewKey)
  }

  /** Inside a commit. */
  retain(kind: AnyResourceKind, facet: unknown): void {
    this.#scopes.retain(kind.scopeOf?.(facet))
    this.#views.retain(kind.viewOf?.(facet))
  }

  /** Inside a commit. */
  release(kind: AnyResourceKind, facet: unknown): void {
    this.#scopes.release(kind.scopeOf?.(facet))
    this.#views.release(kind.viewOf?.(facet))
  }
}

class Requests<T> {
  readonly #source: Source<T>
  readonly #keyOf: (request: T) => string
  readonly #uses = new Map<string, number>()

  constructor(source: Source<T>, keyOf: (request: T) => string) {
    this.#source = source
    this.#keyOf = keyOf
  }

  retain(request: T | undefined): void {
    if (request === undefined) return
    const key = this.#keyOf(request)
    const uses = this.#uses.get(key) ?? 0
    this.#uses.set(key, uses + 1)
    if (uses === 0) this.#source.put(key, request)
  }

  release(request: T | undefined): void {
    if (request === undefined) return
    const key = this.#keyOf(request)
    const uses = (this.#uses.get(key) ?? 0) - 1
    if (uses > 0) {
      this.#uses.set(key, uses)
      return
    }
    this.#uses.delete(key)
    this.#source.remove(key)
  }
}
