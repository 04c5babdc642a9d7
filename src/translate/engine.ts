/**
 * Keeps the tables of every facet in use equal to what the facts say. A commit edits sources, lets the graph settle,
 * follows proxies whose facets have changed, and then applies the changes to the tables in an order in which no
 * resource names one that is not there. Knows no stream and no protocol.
 */

import type { Facts } from '../discovery/facts.ts'
import type { ProxyIdentity } from '../discovery/proxy.ts'
import type { ScopeRequest } from '../discovery/scope.ts'
import type { Ancestor } from '../graph/ancestors.ts'
import type { Change, Failure, Graph, Source } from '../graph/graph.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { ConnectedProxy, type FacetChoices, type ProxyTables } from './connected-proxy.ts'
import { FacetNeeds } from './facet-needs.ts'
import { KindPipeline } from './kind-pipeline.ts'
import { deriveOutboundPlans } from './outbound/plans.ts'
import type { OutboundView } from './outbound/view.ts'
import type { AnyResourceKind, FacetKey } from './resource-kind.ts'
import { type Supposition, suppositionOf } from './supposition.ts'
import type { Table } from './table.ts'
import { typesInOrder } from './type-urls.ts'

export interface TranslationOptions<T extends Table> {
  readonly graph: Graph
  readonly discovery: { readonly facts: Facts; readonly scopeRequests: Source<ScopeRequest> }
  readonly kinds: readonly AnyResourceKind[]
  readonly createTable: (typeUrl: string) => T
  readonly clock: Clock
  readonly log: Log
  /** How long a facet outlives its last proxy, so that a reconnecting one finds its tables; 0: not at all. */
  readonly idleFacetMs?: number
}

/** What a commit has cost. */
export interface TranslationReport {
  /** Maps run, by collection. */
  readonly recomputed: ReadonlyMap<string, number>
  /** Resources resolved, and encodings made (fewer, where facets share). */
  readonly resolved: number
  readonly encoded: number
  readonly tablesChanged: number
  readonly resourcesChanged: number
  readonly failures: readonly Failure[]
}

export interface Translation<T extends Table> {
  /** Throws what a kind threw when the proxy cannot be given a facet. Cost: O(kinds) when its facets are in use already. */
  connect(proxy: ProxyIdentity): ProxyTables<T>
  /**
   * `edit` may put and remove in sources of the graph. When this returns the tables are up to date; derivations that
   * failed are in the report, and what they had made before stays. Not reentrant.
   */
  commit(edit: () => void): TranslationReport
  /**
   * What would be if `edit` were committed, as `look` asks for it; `undo` must put every source back to what it held. No
   * table changes and nothing is logged, counted or kept: afterwards all is as before. Synchronous, not reentrant. Cost:
   * two commits of the edit, and what `look` asks. Throws what `look` threw.
   */
  suppose<R>(trial: Trial<T, R>): R
  /** Something is only supposed at this moment: who watches collections must not take it for true. */
  readonly isSupposing: boolean
  /**
   * Items of sources that may have gone into a resource of the proxy, the nearest first: all that its derivation has read,
   * used or not. Cost: what is walked, at most `limit` items.
   */
  ancestorsOf(proxy: ProxyTables<T>, typeUrl: string, name: string, limit: number): readonly Ancestor[]
  /** A commit or a supposition runs: another one cannot begin. */
  readonly isBusy: boolean
  /** Facets held, by kind. */
  facetCounts(): ReadonlyMap<string, number>
  /** Cancels the timer of idle facets. */
  stop(): void
}

export interface Trial<T extends Table, R> {
  edit(): void
  undo(): void
  look(supposition: Supposition<T>): R
}

export function createTranslation<T extends Table>(options: TranslationOptions<T>): Translation<T> {
  return new Engine(options)
}

const defaultIdleFacetMs = 30_000
const choicesCollection = 'translate.facets'

class Engine<T extends Table> implements Translation<T> {
  readonly #options: TranslationOptions<T>
  readonly #idleFacetMs: number
  readonly #pipelines: readonly KindPipeline<T>[]
  readonly #inOrder: readonly KindPipeline<T>[]
  readonly #proxies: Source<ProxyIdentity>
  readonly #connected = new Map<string, ConnectedProxy<T>>()
  #facetChanges: Change<FacetChoices>[] = []
  #connections = 0
  #running = false
  /** What proxies used before something was supposed, where that would be something else. */
  #supposing: Map<string, FacetChoices> | undefined
  /** Closed while a commit ran. */
  #closing: string[] = []
  #timer: Timer | undefined

  constructor(options: TranslationOptions<T>) {
    const { graph, discovery, kinds, createTable } = options
    this.#options = options
    this.#idleFacetMs = options.idleFacetMs ?? defaultIdleFacetMs
    this.#proxies = graph.source<ProxyIdentity>('translate.proxies')
    const choices = graph.derive({
      name: choicesCollection,
      from: this.#proxies,
      reads: { ...discovery.facts },
      equals: (a: FacetChoices, b: FacetChoices) => a.every((choice, i) => choice?.key === b[i]?.key),
      map: (proxy: ProxyIdentity, _key, facts): FacetChoices =>
        this.#pipelines.map(({ kind, records }) => {
          const facet: unknown = kind.facetOf(proxy, facts)
          return facet === undefined ? undefined : records.choiceOf(checkedKey(kind.keyOf(facet)), facet)
        }),
    })
    choices.onCommit(changes => this.#facetChanges.push(...changes))
    const views = graph.source<OutboundView>('outbound-views')
    const facts = { ...discovery.facts, outboundPlans: deriveOutboundPlans(graph, views, discovery.facts) }
    const needs = new FacetNeeds(discovery.scopeRequests, views)
    const context = { graph, facts, needs, createTable }
    this.#pipelines = kinds.map(kind => new KindPipeline(kind, context))
    const rank = ({ kind }: KindPipeline<T>): number => {
      const index = typesInOrder.indexOf(kind.typeUrl)
      return index < 0 ? typesInOrder.length : index
    }
    this.#inOrder = [...this.#pipelines].sort((a, b) => rank(a) - rank(b))
  }

  connect(proxy: ProxyIdentity): ProxyTables<T> {
    const key = String(++this.#connections)
    const connected = new ConnectedProxy<T>(this.#pipelines, () => this.#close(key))
    const report = this.#run(() => {
      this.#connected.set(key, connected)
      this.#proxies.put(key, proxy)
    })
    this.#logFailures(report)
    const failure = report.failures.find(failed => failed.collection === choicesCollection && failed.key === key)
    if (failure !== undefined) {
      this.#close(key)
      throw failure.error
    }
    return connected
  }

  commit(edit: () => void): TranslationReport {
    return this.#run(edit)
  }

  get isBusy(): boolean {
    return this.#running
  }

  get isSupposing(): boolean {
    return this.#supposing !== undefined
  }

  suppose<R>({ edit, undo, look }: Trial<T, R>): R {
    if (this.#running) throw new Error('translate: a supposition inside a commit')
    this.#running = true
    const before = new Map<string, FacetChoices>()
    this.#supposing = before
    for (const { records } of this.#pipelines) records.beginSupposition()
    try {
      try {
        const failures = this.#settle(edit, undefined)
        for (const pipeline of this.#pipelines) pipeline.gather()
        const choicesBefore = new Map([...before].map(([key, choices]) => [this.#connected.get(key), choices]))
        return look(suppositionOf({ pipelines: this.#pipelines, failures, choicesBefore }))
      } finally {
        this.#settle(undo, undefined)
        for (const { records } of this.#pipelines) records.endSupposition()
        this.#settle(() => {
          for (const { records } of this.#pipelines) for (const drop of records.takeEdits()) drop()
        }, undefined)
        for (const pipeline of this.#pipelines) {
          pipeline.gather()
          pipeline.records.forgetPending()
          pipeline.memo.sweep()
        }
      }
    } finally {
      this.#supposing = undefined
      this.#running = false
    }
  }

  ancestorsOf(proxy: ProxyTables<T>, typeUrl: string, name: string, limit: number): readonly Ancestor[] {
    return this.#pipelines.flatMap((pipeline, i) => {
      const choice = proxy.choices[i]
      if (pipeline.kind.typeUrl !== typeUrl || choice === undefined) return []
      const collection = `${pipeline.kind.name}.resources`
      return pipeline
        .rowsWith(choice.key, name)
        .flatMap(key => this.#options.graph.ancestors({ collection, key, limit }))
    })
  }

  facetCounts(): ReadonlyMap<string, number> {
    return new Map(this.#pipelines.map(({ kind, records }) => [kind.name, records.size]))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #close(key: string): void {
    if (!this.#connected.delete(key)) return
    if (this.#running) this.#closing.push(key)
    else this.#logFailures(this.#run(() => this.#proxies.remove(key)))
  }

  #run(edit: () => void): TranslationReport {
    if (this.#running) throw new Error('translate: a commit inside a commit')
    this.#running = true
    const encodedBefore = this.#encoded()
    const recomputed = new Map<string, number>()
    const failures: Failure[] = []
    const replaced = new Map<string, Set<string>>()
    let tablesChanged = 0
    let resourcesChanged = 0
    try {
      failures.push(...this.#settle(edit, replaced, recomputed))
      const count = (counts: readonly number[]): void => {
        tablesChanged += counts.length
        for (const changes of counts) resourcesChanged += changes
      }
      // Make before break: what is referred to appears first and goes last.
      for (const pipeline of this.#inOrder) count(pipeline.apply('present'))
      this.#tellReplaced(replaced)
      for (const pipeline of this.#inOrder.toReversed()) count(pipeline.apply('removed'))
    } finally {
      for (const { memo } of this.#pipelines) memo.sweep()
      this.#running = false
    }
    for (const key of this.#closing.splice(0)) this.#logFailures(this.#run(() => this.#proxies.remove(key)))
    const resolved = this.#pipelines.reduce((sum, { kind }) => sum + (recomputed.get(`${kind.name}.resources`) ?? 0), 0)
    const encoded = this.#encoded() - encodedBefore
    return { recomputed, resolved, encoded, tablesChanged, resourcesChanged, failures }
  }

  /** Commits until no proxy has to follow; notes whose types are `replaced`. Returns what failed. */
  #settle(
    edit: () => void,
    replaced: Map<string, Set<string>> | undefined,
    recomputed?: Map<string, number>,
  ): readonly Failure[] {
    const failures: Failure[] = []
    let next: (() => void) | undefined = edit
    while (next !== undefined) {
      const report = this.#options.graph.commit(next)
      for (const [name, runs] of recomputed === undefined ? [] : report.recomputed)
        recomputed?.set(name, (recomputed.get(name) ?? 0) + runs)
      failures.push(...report.failures)
      next = this.#followFacets(replaced)
    }
    return failures
  }

  /** Follows the proxies whose facets have changed; returns the edit that this asks for, undefined when the graph is quiet. */
  #followFacets(replaced: Map<string, Set<string>> | undefined): (() => void) | undefined {
    const changes = this.#facetChanges
    this.#facetChanges = []
    const nowMs = this.#options.clock.monotonicMs()
    for (const { key, before, after } of changes) {
      const connected = this.#connected.get(key)
      if (connected !== undefined && after !== undefined) {
        if (this.#supposing?.has(key) === false) this.#supposing.set(key, connected.choices)
        connected.choices = after
      }
      for (const [i, pipeline] of this.#pipelines.entries()) {
        const was = before?.[i]
        const is = after?.[i]
        if (was?.key === is?.key) continue
        if (is !== undefined) pipeline.records.hold(is)
        if (was !== undefined) pipeline.records.release(was, nowMs)
        if (replaced === undefined || before === undefined || after === undefined) continue
        const types = replaced.get(key) ?? new Set()
        replaced.set(key, types.add(pipeline.kind.typeUrl))
      }
    }
    if (this.#supposing !== undefined) return this.#edits()
    if (this.#idleFacetMs === 0) for (const pipeline of this.#pipelines) pipeline.records.dropIdle(nowMs)
    else this.#watchIdle()
    return this.#edits()
  }

  #edits(): (() => void) | undefined {
    const edits = this.#pipelines.flatMap(pipeline => pipeline.records.takeEdits())
    if (edits.length === 0) return undefined
    return () => {
      for (const edit of edits) edit()
    }
  }

  #tellReplaced(replaced: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const [key, types] of replaced) {
      const ordered = typesInOrder.filter(type => types.has(type))
      const others = [...types].filter(type => !typesInOrder.includes(type))
      this.#connected.get(key)?.replace([...ordered, ...others])
    }
  }

  #watchIdle(): void {
    if (this.#timer !== undefined || !this.#pipelines.some(pipeline => pipeline.records.hasIdle)) return
    this.#timer = this.#options.clock.after(this.#idleFacetMs, () => {
      this.#timer = undefined
      this.#logFailures(this.#run(() => this.#dropIdle()))
    })
  }

  #dropIdle(): void {
    const sinceMs = this.#options.clock.monotonicMs() - this.#idleFacetMs
    for (const pipeline of this.#pipelines) {
      pipeline.records.dropIdle(sinceMs)
      for (const edit of pipeline.records.takeEdits()) edit()
    }
  }

  #encoded(): number {
    return this.#pipelines.reduce((sum, { memo }) => sum + memo.encoded, 0)
  }

  #logFailures({ failures }: TranslationReport): void {
    for (const { collection, key, error } of failures) {
      this.#options.log.error({ collection, key, err: error }, 'a derivation failed; its last result stays in force')
    }
  }
}

/** Keys end at a line break in the collections; what a proxy says of itself must not add one. */
function checkedKey(key: FacetKey): FacetKey {
  if (key.includes('\n')) throw new Error(`translate: a line break in the facet key ${JSON.stringify(key)}`)
  return key
}
