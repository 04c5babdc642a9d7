/**
 * The resources of a kind that most facets share. A member is resolved once for anybody, and again for the facets that
 * are exceptions; what a further facet costs is the list of its members.
 *
 *   NAME.facets ─membersOf▶ NAME.lists ▶ NAME.members ─exceptionsOf▶ NAME.rows ─list, resolve, encode▶ NAME.resources
 *
 * A row's key is `FACET-KEY\nMEMBER`, where the facet is anybody's or that of the exception.
 */

import type { TrackedFacts } from '../discovery/facts.ts'
import type { Change, Collection, Index, Tracked } from '../graph/graph.ts'
import type { Encoding } from './encoding-memo.ts'
import type { ResourcesContext } from './kind-pipeline.ts'
import type { FacetKey, Sharing, TrackedTranslationFacts } from './resource-kind.ts'

type RowKey = string

interface MemberList {
  readonly anybody: FacetKey
  /** Anybody's rows of its members. */
  readonly rows: readonly RowKey[]
}

/** By name. */
type Row = ReadonlyMap<string, Encoding>

const nothing: Row = new Map()

export class SharedResources {
  readonly #context: ResourcesContext
  readonly #lists: Collection<MemberList>
  readonly #uses: Index<MemberList>
  readonly #resources: Collection<Row>
  /** Anybody's facets, kept: there are as many as `anybodyOf` tells apart. */
  readonly #anybody = new Map<FacetKey, unknown>()
  /** By anybody's facet and member: one text for each row, so that a facet's list costs a pointer a member. */
  readonly #rowKeys = new Map<FacetKey, Map<string, RowKey>>()
  /** What was there when the tables were last brought up to date, of what has changed since. */
  #listsBefore = new Map<FacetKey, MemberList | undefined>()
  #rowsBefore = new Map<RowKey, Row | undefined>()

  constructor(context: ResourcesContext, sharing: Sharing<unknown>) {
    this.#context = context
    const { graph, facts, kind, facets } = context
    this.#lists = graph.derive({
      name: `${kind.name}.lists`,
      from: facets,
      reads: { ...facts },
      map: (facet: unknown, _key, reads: TrackedTranslationFacts) => this.#listOf(sharing, facet, reads),
    })
    this.#uses = this.#lists.index('row', ({ rows }) => rows)
    const members = graph.terms(`${kind.name}.members`, this.#uses)
    const rows = graph.deriveMany({
      name: `${kind.name}.rows`,
      from: members,
      reads: { ...facts, uses: this.#uses, facets },
      map: (row: RowKey, _key, reads) => rowsOf(sharing, row, reads),
    })
    this.#resources = graph.derive({
      name: `${kind.name}.resources`,
      from: rows,
      reads: { ...facts },
      equals: sameEncodings,
      map: (row: RowKey, _key, reads: TrackedTranslationFacts) => this.#resolved(row, reads),
    })
    members.onCommit(changes => {
      for (const { key, after } of changes) {
        const { facetKey, member } = partsOf(key)
        if (after === undefined) this.#rowKeys.get(facetKey)?.delete(member)
      }
    })
    this.#lists.onCommit(changes => keepBefore(this.#listsBefore, changes))
    this.#resources.onCommit(changes => this.#follow(changes))
  }

  /** Tells the records what has changed since the last call. Cost: the changed rows, in each facet that has them. */
  flush(): void {
    const touched = this.#touchedRows()
    const { records } = this.#context
    for (const [facetKey, rows] of touched) {
      const present = new Map<string, Encoding>()
      const list = this.#lists.get(facetKey)
      const had = this.#listsBefore.has(facetKey) ? this.#listsBefore.get(facetKey) : list
      // Within a facet whose list is the same, every row touched was in it and still is.
      const isListed = had === list ? undefined : new Set(list?.rows)
      const wasListed = had === list ? undefined : new Set(had?.rows)
      for (const row of rows) {
        const before = wasListed?.has(row) === false ? nothing : this.#held(facetKey, row, this.#rowsBefore)
        const after = isListed?.has(row) === false ? nothing : this.#held(facetKey, row)
        for (const [name, encoding] of before)
          if (after.get(name) !== encoding) records.change(facetKey, name, undefined)
        for (const [name, encoding] of after) if (before.get(name) !== encoding) present.set(name, encoding)
      }
      // Last, because what one row has given up another may have taken.
      for (const [name, encoding] of present) records.change(facetKey, name, encoding)
    }
    this.#listsBefore = new Map()
    this.#rowsBefore = new Map()
  }

  /** Keys, in the collection of resources, of the rows that give the facet this name. Cost: the facet's members. */
  rowsWith(facetKey: FacetKey, name: string): readonly RowKey[] {
    const rows = this.#lists.get(facetKey)?.rows ?? []
    return rows.flatMap(row => {
      const own: RowKey = `${facetKey}\n${partsOf(row).member}`
      const key = this.#resources.has(own) ? own : row
      return this.#resources.get(key)?.has(name) === true ? [key] : []
    })
  }

  #listOf(sharing: Sharing<unknown>, facet: unknown, reads: TrackedTranslationFacts): MemberList {
    const { kind } = this.#context
    const common = sharing.anybodyOf(facet)
    const anybody = kind.keyOf(common)
    if (!this.#anybody.has(anybody)) this.#anybody.set(anybody, common)
    const known = this.#rowKeys.get(anybody) ?? new Map<string, RowKey>()
    this.#rowKeys.set(anybody, known)
    const rows: RowKey[] = []
    for (const member of kind.membersOf?.(facet, reads) ?? []) {
      const row = known.get(member) ?? `${anybody}\n${member}`
      known.set(member, row)
      rows.push(row)
    }
    return { anybody, rows }
  }

  #resolved(row: RowKey, reads: TrackedTranslationFacts): Row {
    const { kind, memo, records } = this.#context
    const { facetKey, member } = partsOf(row)
    const facet = this.#anybody.get(facetKey) ?? records.facet(facetKey)
    const resolved = new Map<string, Encoding>()
    for (const [name, seed] of kind.list(facet, reads, member)) {
      const ir: unknown = kind.resolve(facet, name, seed, reads)
      if (ir !== undefined) resolved.set(name, memo.encodingOf(name, ir))
    }
    return resolved
  }

  #follow(changes: readonly Change<Row>[]): void {
    const { memo } = this.#context
    keepBefore(this.#rowsBefore, changes)
    for (const { before, after } of changes) {
      for (const encoding of after?.values() ?? []) memo.retain(encoding)
      for (const encoding of before?.values() ?? []) memo.release(encoding)
    }
  }

  /** By facet, the rows of anybody of which it may hold something else now. */
  #touchedRows(): ReadonlyMap<FacetKey, ReadonlySet<RowKey>> {
    const touched = new Map<FacetKey, Set<RowKey>>()
    const touch = (facetKey: FacetKey, row: RowKey): void => {
      const rows = touched.get(facetKey)
      if (rows === undefined) touched.set(facetKey, new Set([row]))
      else rows.add(row)
    }
    for (const [facetKey, before] of this.#listsBefore) {
      const after = this.#lists.get(facetKey)
      const had = new Set(before?.rows)
      for (const row of after?.rows ?? []) if (!had.delete(row)) touch(facetKey, row)
      for (const row of had) touch(facetKey, row)
    }
    for (const row of this.#rowsBefore.keys()) {
      const { facetKey, member } = partsOf(row)
      if (this.#anybody.has(facetKey)) for (const key of this.#uses.keysOf(row)) touch(key, row)
      else {
        const list = this.#lists.get(facetKey)
        if (list !== undefined) touch(facetKey, `${list.anybody}\n${member}`)
      }
    }
    return touched
  }

  /** What a facet that lists the row holds of it, now or before: its own where it is an exception. */
  #held(facetKey: FacetKey, row: RowKey, before?: ReadonlyMap<RowKey, Row | undefined>): Row {
    const at = (key: RowKey): Row | undefined =>
      before?.has(key) === true ? before.get(key) : this.#resources.get(key)
    return at(`${facetKey}\n${partsOf(row).member}`) ?? at(row) ?? nothing
  }
}

/** Anybody's row of a member, and those of the facets that are exceptions. */
function* rowsOf(
  sharing: Sharing<unknown>,
  row: RowKey,
  reads: TrackedFacts & Tracked<{ readonly uses: Index<MemberList>; readonly facets: Collection<unknown> }>,
): Iterable<readonly [RowKey, RowKey]> {
  const { member } = partsOf(row)
  const exceptions = sharing.exceptionsOf(member, reads)
  if (exceptions !== 'everyone') yield [row, row]
  if (exceptions.length === 0) return
  for (const facetKey of reads.uses.keysOf(row)) {
    const own: RowKey = `${facetKey}\n${member}`
    const isException =
      exceptions === 'everyone' || exceptions.includes(sharing.namespaceOf(reads.facets.get(facetKey)))
    if (isException) yield [own, own]
  }
}

function partsOf(row: RowKey): { readonly facetKey: FacetKey; readonly member: string } {
  const end = row.indexOf('\n')
  return { facetKey: row.slice(0, end), member: row.slice(end + 1) }
}

function keepBefore<T>(into: Map<string, T | undefined>, changes: readonly Change<T>[]): void {
  for (const { key, before } of changes) if (!into.has(key)) into.set(key, before)
}

/** Encodings are one for each content. */
function sameEncodings(a: Row, b: Row): boolean {
  if (a.size !== b.size) return false
  for (const [name, encoding] of a) if (b.get(name) !== encoding) return false
  return true
}
