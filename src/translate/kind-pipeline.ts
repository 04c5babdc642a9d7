/**
 * The collections of one resource kind, from the facets in use to the tables:
 *
 *   NAME.facets ─membersOf▶ NAME.members ─list▶ NAME.names ─resolve, encode▶ NAME.resources ─▶ pending changes ─▶ tables
 */

import type { Facts, TrackedFacts } from '../discovery/facts.ts'
import type { ScopeRequest } from '../discovery/scope.ts'
import type { Change, Collection, Graph, Source } from '../graph/graph.ts'
import { type Encoding, EncodingMemo } from './encoding-memo.ts'
import type { AnyResourceKind, FacetKey } from './resource-kind.ts'
import type { ScopeRequests } from './scope-requests.ts'
import type { ResourceChange, Table } from './table.ts'

/** A facet that is in use, or was until lately. */
interface FacetRecord<T extends Table> {
  readonly facet: unknown
  readonly scope: ScopeRequest | undefined
  readonly table: T
  /** Connected proxies. */
  uses: number
  /** Since when `uses` is 0, on the monotonic clock. */
  idleSinceMs: number
}

/** What a proxy uses of one kind. */
export interface FacetChoice {
  readonly key: FacetKey
  readonly facet: unknown
}

export interface PipelineContext<T extends Table> {
  readonly graph: Graph
  readonly facts: Facts
  readonly scopes: ScopeRequests
  readonly createTable: (typeUrl: string) => T
}

interface Member {
  readonly facet: unknown
  readonly facetKey: FacetKey
  readonly member: string
}

interface Named {
  readonly facet: unknown
  readonly name: string
  readonly seed: unknown
}

export class KindPipeline<T extends Table> {
  readonly kind: AnyResourceKind
  readonly memo: EncodingMemo
  readonly records = new Map<FacetKey, FacetRecord<T>>()
  readonly #createTable: (typeUrl: string) => T
  readonly #facets: Source<unknown>
  readonly #scopes: ScopeRequests
  readonly #idle = new Set<FacetKey>()
  #edits: (() => void)[] = []
  #pending = new Map<FacetKey, Map<string, Encoding | undefined>>()

  constructor(kind: AnyResourceKind, { graph, facts, scopes, createTable }: PipelineContext<T>) {
    this.kind = kind
    this.memo = new EncodingMemo(kind)
    this.#createTable = createTable
    this.#scopes = scopes
    this.#facets = graph.source<unknown>(`${kind.name}.facets`, Object.is)
    const names = namesOf(graph, facts, kind, this.#facets)
    const resources = graph.derive({
      name: `${kind.name}.resources`,
      from: names,
      reads: { ...facts },
      equals: Object.is,
      map: ({ facet, name, seed }: Named, _key, reads: TrackedFacts): Encoding | undefined => {
        const ir: unknown = kind.resolve(facet, name, seed, reads)
        return ir === undefined ? undefined : this.memo.encodingOf(name, ir)
      },
    })
    resources.onCommit(changes => this.#follow(changes))
  }

  /** One more proxy uses the facet. A new facet gets its table at once, and its resources when `takeEdits` is committed. */
  hold({ key, facet }: FacetChoice): void {
    let record = this.records.get(key)
    if (record === undefined) {
      const scope = this.kind.scopeOf?.(facet)
      record = { facet, scope, table: this.#createTable(this.kind.typeUrl), uses: 0, idleSinceMs: 0 }
      this.records.set(key, record)
      this.#edits.push(() => {
        this.#scopes.retain(scope)
        this.#facets.put(key, facet)
      })
    }
    record.uses++
    this.#idle.delete(key)
  }

  release({ key }: FacetChoice, nowMs: number): void {
    const record = this.records.get(key)
    if (record === undefined) return
    record.uses--
    if (record.uses > 0) return
    record.idleSinceMs = nowMs
    this.#idle.add(key)
  }

  /** Gives up the facets that nobody has used since `sinceMs`, when `takeEdits` is committed. */
  dropIdle(sinceMs: number): void {
    for (const key of this.#idle) {
      const record = this.records.get(key)
      if (record === undefined || record.idleSinceMs > sinceMs) continue
      this.#idle.delete(key)
      this.records.delete(key)
      this.#edits.push(() => {
        this.#scopes.release(record.scope)
        this.#facets.remove(key)
      })
    }
  }

  get hasIdle(): boolean {
    return this.#idle.size > 0
  }

  /** To be called inside the next commit, in order. */
  takeEdits(): readonly (() => void)[] {
    const edits = this.#edits
    this.#edits = []
    return edits
  }

  /** Applies what was added or changed since the last call, or what was removed. Returns the number of changes by table. */
  apply(what: 'present' | 'removed'): number[] {
    const counts: number[] = []
    for (const [facetKey, byName] of this.#pending) {
      const changes: ResourceChange[] = []
      for (const [name, encoding] of byName) {
        if ((encoding === undefined) !== (what === 'removed')) continue
        changes.push({ name, resource: encoding?.resource })
        byName.delete(name)
      }
      if (byName.size === 0) this.#pending.delete(facetKey)
      const table = this.records.get(facetKey)?.table
      if (table === undefined || changes.length === 0) continue
      table.apply(changes)
      counts.push(changes.length)
    }
    return counts
  }

  #follow(changes: readonly Change<Encoding>[]): void {
    for (const { key, before, after } of changes) {
      if (after !== undefined) this.memo.retain(after)
      if (before !== undefined) this.memo.release(before)
      const end = key.indexOf('\n')
      const facetKey = key.slice(0, end)
      let byName = this.#pending.get(facetKey)
      if (byName === undefined) {
        byName = new Map()
        this.#pending.set(facetKey, byName)
      }
      byName.set(key.slice(end + 1), after)
    }
  }
}

function namesOf(graph: Graph, facts: Facts, kind: AnyResourceKind, facets: Source<unknown>): Collection<Named> {
  const members = graph.deriveMany({
    name: `${kind.name}.members`,
    from: facets,
    reads: { ...facts },
    equals: (a: Member, b: Member) => a.facet === b.facet && a.member === b.member,
    map: function* (facet: unknown, facetKey, reads: TrackedFacts): Iterable<readonly [string, Member]> {
      const listed: Iterable<string> = kind.membersOf?.(facet, reads) ?? ['']
      for (const member of listed) yield [`${facetKey}\n${member}`, { facet, facetKey, member }]
    },
  })
  return graph.deriveMany({
    name: `${kind.name}.names`,
    from: members,
    reads: { ...facts },
    // A name has one owner within its facet: two members that list it are a fault, which the graph reports.
    map: function* (
      { facet, facetKey, member }: Member,
      _key,
      reads: TrackedFacts,
    ): Iterable<readonly [string, Named]> {
      for (const [name, seed] of kind.list(facet, reads, member)) yield [`${facetKey}\n${name}`, { facet, name, seed }]
    },
  })
}
