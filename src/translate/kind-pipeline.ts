/** One resource kind: from the facets in use to the tables. */

import type { Collection, Graph } from '../graph/graph.ts'
import { EncodingMemo } from './encoding-memo.ts'
import type { FacetNeeds } from './facet-needs.ts'
import { FacetRecords } from './facet-records.ts'
import { deriveOwnResources } from './own-resources.ts'
import type { AnyResourceKind, FacetKey, TranslationFacts } from './resource-kind.ts'
import { SharedResources } from './shared-resources.ts'
import type { Table } from './table.ts'

export interface PipelineContext<T extends Table> {
  readonly graph: Graph
  readonly facts: TranslationFacts
  readonly needs: FacetNeeds
  readonly createTable: (typeUrl: string) => T
}

/** What the resources of a kind are derived from, and whom they are told. */
export interface ResourcesContext {
  readonly graph: Graph
  readonly facts: TranslationFacts
  readonly kind: AnyResourceKind
  readonly memo: EncodingMemo
  readonly facets: Collection<unknown>
  readonly records: Pick<FacetRecords<Table>, 'facet' | 'change'>
}

export class KindPipeline<T extends Table> {
  readonly kind: AnyResourceKind
  readonly memo: EncodingMemo
  readonly records: FacetRecords<T>
  readonly #shared: SharedResources | undefined

  constructor(kind: AnyResourceKind, { graph, facts, needs, createTable }: PipelineContext<T>) {
    this.kind = kind
    this.memo = new EncodingMemo(kind)
    const facets = graph.source<unknown>(`${kind.name}.facets`, Object.is)
    this.records = new FacetRecords({ kind, facets, needs, createTable })
    const context = { graph, facts, kind, memo: this.memo, facets, records: this.records }
    if (kind.sharing === undefined) deriveOwnResources(context)
    else this.#shared = new SharedResources(context, kind.sharing)
  }

  /** Keys in the collection `NAME.resources` that make this resource for the facet. */
  rowsWith(facetKey: FacetKey, name: string): readonly string[] {
    return this.#shared?.rowsWith(facetKey, name) ?? [`${facetKey}\n${name}`]
  }

  /** Brings what waits in the records up to date. */
  gather(): void {
    this.#shared?.flush()
  }

  /** To be called with `present` first. */
  apply(what: 'present' | 'removed'): number[] {
    if (what === 'present') this.gather()
    return this.records.apply(what)
  }
}
