/**
 * The resources of a kind of which each facet has its own:
 *
 *   NAME.facets ─membersOf▶ NAME.members ─list▶ NAME.names ─resolve, encode▶ NAME.resources
 */

import type { TrackedFacts } from '../discovery/facts.ts'
import type { Encoding } from './encoding-memo.ts'
import type { ResourcesContext } from './kind-pipeline.ts'
import type { FacetKey, TrackedTranslationFacts } from './resource-kind.ts'

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

export function deriveOwnResources({ graph, facts, kind, memo, facets, records }: ResourcesContext): void {
  const members = graph.deriveMany({
    name: `${kind.name}.members`,
    from: facets,
    reads: { ...facts },
    equals: (a: Member, b: Member) => a.facet === b.facet && a.member === b.member,
    map: function* (facet: unknown, facetKey, reads: TrackedTranslationFacts): Iterable<readonly [string, Member]> {
      const listed: Iterable<string> = kind.membersOf?.(facet, reads) ?? ['']
      for (const member of listed) yield [`${facetKey}\n${member}`, { facet, facetKey, member }]
    },
  })
  const names = graph.deriveMany({
    name: `${kind.name}.names`,
    from: members,
    reads: { ...facts },
    // A name has one owner within its facet: two members that list it are a fault, which the graph reports.
    map: function* (
      { facet, facetKey, member }: Member,
      _key,
      reads: TrackedTranslationFacts,
    ): Iterable<readonly [string, Named]> {
      for (const [name, seed] of kind.list(facet, reads, member)) yield [`${facetKey}\n${name}`, { facet, name, seed }]
    },
  })
  const resources = graph.derive({
    name: `${kind.name}.resources`,
    from: names,
    reads: { ...facts },
    equals: Object.is,
    map: ({ facet, name, seed }: Named, _key, reads: TrackedFacts): Encoding | undefined => {
      const ir: unknown = kind.resolve(facet, name, seed, reads)
      return ir === undefined ? undefined : memo.encodingOf(name, ir)
    },
  })
  resources.onCommit(changes => {
    for (const { key, before, after } of changes) {
      if (after !== undefined) memo.retain(after)
      if (before !== undefined) memo.release(before)
      const end = key.indexOf('\n')
      records.change(key.slice(0, end), key.slice(end + 1), after)
    }
  })
}
