/** What would be different for connected proxies if something that is only supposed were so. */

import type { Failure } from '../graph/graph.ts'
import type { EncodedResource } from '../platform/encoded-resource.ts'
import type { FacetChoice } from './facet-records.ts'
import type { KindPipeline } from './kind-pipeline.ts'
import type { FacetKey } from './resource-kind.ts'
import type { Table } from './table.ts'

/** Not to be used after `look` has returned. */
export interface Supposition<T extends Table> {
  /** Derivations that would fail; their outputs would stay what they are. */
  readonly failures: readonly Failure[]
  /**
   * The resources of a type that would be others for the proxy, sorted by name. The same array for all proxies for whom
   * the same would happen. `proxy` is what `connect` gave. Cost: what changes, once; the table where the facet is another.
   */
  differences(proxy: SupposedProxy<T>, typeUrl: string): readonly Difference[]
  /** Proxies would use other facets: what happens to one of them says nothing of others. */
  readonly moves: boolean
  /** Types of which some connected proxy may have differences. */
  readonly typeUrls: ReadonlySet<string>
}

export interface Difference {
  readonly name: string
  /** Now; undefined: there is none. */
  readonly before: EncodedResource | undefined
  /** As supposed. */
  readonly after: EncodedResource | undefined
}

/** A connected proxy as the engine knows it. */
export interface SupposedProxy<T extends Table> {
  tables(typeUrl: string): readonly T[]
  readonly choices: readonly (FacetChoice | undefined)[]
}

export interface SuppositionParts<T extends Table> {
  readonly pipelines: readonly KindPipeline<T>[]
  readonly failures: readonly Failure[]
  /** Of proxies whose facets would be others. */
  readonly choicesBefore: ReadonlyMap<SupposedProxy<T> | undefined, readonly (FacetChoice | undefined)[]>
}

export function suppositionOf<T extends Table>(parts: SuppositionParts<T>): Supposition<T> {
  const { pipelines, failures, choicesBefore } = parts
  const known = new Map<string, readonly Difference[]>()
  const joined = new Map<string, readonly Difference[]>()
  const ofPipeline = (index: number, was: FacetKey | undefined, is: FacetKey | undefined): readonly Difference[] => {
    const id = `${index}\n${was ?? ''}\n${is ?? ''}`
    const done = known.get(id)
    if (done !== undefined) return done
    const records = pipelines[index]?.records
    const found =
      records === undefined ? none : was === is ? changesIn(records, is) : differencesBetween(records, was, is)
    known.set(id, found)
    return found
  }
  const moved = choicesBefore.size > 0
  return {
    failures,
    moves: moved,
    typeUrls: new Set(pipelines.flatMap(({ kind, records }) => (moved || records.hasPending ? [kind.typeUrl] : []))),
    differences(proxy, typeUrl) {
      const before = choicesBefore.get(proxy) ?? proxy.choices
      const lists = pipelines.flatMap(({ kind }, index) => {
        const list = kind.typeUrl === typeUrl ? ofPipeline(index, before[index]?.key, proxy.choices[index]?.key) : none
        return list.length === 0 ? [] : [list]
      })
      const [first, ...others] = lists
      if (first === undefined) return none
      if (others.length === 0) return first
      const id = lists.map(idOf).join()
      const all = joined.get(id) ?? lists.flat().sort(byName)
      joined.set(id, all)
      return all
    },
  }
}

type Records<T extends Table> = KindPipeline<T>['records']

const none: readonly Difference[] = []

const ids = new WeakMap<readonly Difference[], number>()
let nextId = 1
function idOf(list: readonly Difference[]): number {
  const id = ids.get(list) ?? nextId++
  ids.set(list, id)
  return id
}

function changesIn<T extends Table>(records: Records<T>, key: FacetKey | undefined): readonly Difference[] {
  const table = key === undefined ? undefined : records.table(key)
  if (key === undefined || table === undefined) return none
  const changes = [...records.pending(key)].map(([name, encoding]) => ({
    name,
    before: table.get(name),
    after: encoding?.resource,
  }))
  return changes.filter(isDifference).sort(byName)
}

function differencesBetween<T extends Table>(
  records: Records<T>,
  was: FacetKey | undefined,
  is: FacetKey | undefined,
): readonly Difference[] {
  const before = was === undefined ? undefined : records.table(was)
  const table = is === undefined ? undefined : records.table(is)
  const pending = is === undefined ? undefined : records.pending(is)
  const names = new Set([...(before?.names() ?? []), ...(table?.names() ?? []), ...(pending?.keys() ?? [])])
  const differences = [...names].map(name => ({
    name,
    before: before?.get(name),
    after: pending?.has(name) === true ? pending.get(name)?.resource : table?.get(name),
  }))
  return differences.filter(isDifference).sort(byName)
}

const isDifference = ({ before, after }: Difference): boolean => before?.version !== after?.version
const byName = (a: Difference, b: Difference): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
