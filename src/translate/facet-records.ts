/** The facets of one kind that are in use, or were until lately: their tables, and the changes that these wait for. */

import type { Source } from '../graph/graph.ts'
import type { Encoding } from './encoding-memo.ts'
import type { FacetNeeds } from './facet-needs.ts'
import type { AnyResourceKind, FacetKey } from './resource-kind.ts'
import type { ResourceChange, Table } from './table.ts'

/** What a proxy uses of one kind. */
export interface FacetChoice {
  readonly key: FacetKey
  readonly facet: unknown
}

interface FacetRecord<T extends Table> {
  readonly choice: FacetChoice
  readonly table: T
  /** Connected proxies. */
  uses: number
  /** Since when `uses` is 0, on the monotonic clock. */
  idleSinceMs: number
}

export interface FacetRecordsOptions<T extends Table> {
  readonly kind: AnyResourceKind
  readonly facets: Source<unknown>
  readonly needs: FacetNeeds
  readonly createTable: (typeUrl: string) => T
}

export class FacetRecords<T extends Table> {
  readonly #options: FacetRecordsOptions<T>
  readonly #records = new Map<FacetKey, FacetRecord<T>>()
  readonly #idle = new Set<FacetKey>()
  #edits: (() => void)[] = []
  readonly #pending = new Map<FacetKey, Map<string, Encoding | undefined>>()
  /** Facets made while something is only supposed. */
  #supposed: Set<FacetKey> | undefined

  constructor(options: FacetRecordsOptions<T>) {
    this.#options = options
  }

  get size(): number {
    return this.#records.size
  }

  get hasIdle(): boolean {
    return this.#idle.size > 0
  }

  facet(key: FacetKey): unknown {
    return this.#records.get(key)?.choice.facet
  }

  table(key: FacetKey): T | undefined {
    return this.#records.get(key)?.table
  }

  /** One object for all who choose the same: long keys are kept and hashed once, however many proxies there are. */
  choiceOf(key: FacetKey, facet: unknown): FacetChoice {
    return this.#records.get(key)?.choice ?? { key, facet }
  }

  /** One more proxy uses the facet. A new facet gets its table at once, and its resources when `takeEdits` is committed. */
  hold(choice: FacetChoice): void {
    const { key, facet } = choice
    let record = this.#records.get(key)
    if (record === undefined) {
      const { kind, facets, needs, createTable } = this.#options
      record = { choice, table: createTable(kind.typeUrl), uses: 0, idleSinceMs: 0 }
      this.#records.set(key, record)
      this.#supposed?.add(key)
      this.#edits.push(() => {
        needs.retain(kind, facet)
        facets.put(key, facet)
      })
    }
    record.uses++
    this.#idle.delete(key)
  }

  release({ key }: FacetChoice, nowMs: number): void {
    const record = this.#records.get(key)
    if (record === undefined) return
    record.uses--
    if (record.uses > 0) return
    record.idleSinceMs = nowMs
    this.#idle.add(key)
  }

  /** Gives up the facets that nobody has used since `sinceMs`, when `takeEdits` is committed. */
  dropIdle(sinceMs: number): void {
    const { kind, facets, needs } = this.#options
    for (const key of this.#idle) {
      const record = this.#records.get(key)
      if (record === undefined || record.idleSinceMs > sinceMs) continue
      this.#idle.delete(key)
      this.#records.delete(key)
      this.#edits.push(() => {
        needs.release(kind, record.choice.facet)
        facets.remove(key)
      })
    }
  }

  /** Until `endSupposition` no table changes, and what is made goes again. */
  beginSupposition(): void {
    this.#supposed = new Set()
  }

  /** Everything is as it was before, but for the facets made since, which `takeEdits` gives up. */
  endSupposition(): void {
    const { kind, facets, needs } = this.#options
    for (const key of this.#supposed ?? []) {
      const record = this.#records.get(key)
      this.#records.delete(key)
      this.#idle.delete(key)
      this.#edits.push(() => {
        if (record !== undefined) needs.release(kind, record.choice.facet)
        facets.remove(key)
      })
    }
    this.#supposed = undefined
  }

  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  /** What waits for `apply` in a facet, by name; undefined: removed. */
  pending(key: FacetKey): ReadonlyMap<string, Encoding | undefined> {
    return this.#pending.get(key) ?? nothing
  }

  /** Nothing of what waits is applied. */
  forgetPending(): void {
    this.#pending.clear()
  }

  /** To be called inside the next commit, in order. */
  takeEdits(): readonly (() => void)[] {
    const edits = this.#edits
    this.#edits = []
    return edits
  }

  /** Undefined: the facet no longer has it. The last word on a name counts. */
  change(key: FacetKey, name: string, encoding: Encoding | undefined): void {
    let byName = this.#pending.get(key)
    if (byName === undefined) {
      byName = new Map()
      this.#pending.set(key, byName)
    }
    byName.set(name, encoding)
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
      const table = this.table(facetKey)
      if (table === undefined || changes.length === 0) continue
      table.apply(changes)
      counts.push(changes.length)
    }
    return counts
  }
}

const nothing: ReadonlyMap<string, Encoding | undefined> = new Map()
