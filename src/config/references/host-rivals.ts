/**
 * Who else claims a host: VirtualServices of the mesh's own gateway, and DestinationRules of one namespace. Found once a host
 * for all who claim it, so that a thousand claims of one host cost a thousand steps and not a million.
 */

import type { Collection, Graph, Index, Source } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { resolveExportTo } from '../meaning/export-to.ts'
import { isEmptySelector } from '../meaning/selector.ts'
import { bySeniority, byText } from '../meaning/seniority.ts'
import type { MeshConfig } from '../mesh-config.ts'
import { objectKey } from '../object.ts'
import type { Rule } from './destination-rules.ts'
import { meshOf } from './reference-sources.ts'

type VirtualService = ObjectOf<'VirtualService'>

/** The others, the first few by name; at least one. */
export interface Rivals {
  /** `objectKey`s, sorted. */
  readonly named: readonly string[]
  /** How many there are besides. */
  readonly more: number
}

export interface RouteRivals extends Rivals {
  /** Of them all the oldest, which counts where a client sees several. */
  readonly oldest: string
}

export interface RuleRivals extends Rivals {
  /** What several of them say, and only one of them can decide. */
  readonly lost: readonly string[]
}

const mostNamed = 5

export function textOfRivals({ named, more }: Rivals): string {
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`
}

export const rivalKey = (host: string, object: string): string => `${host}\n${object}`

/** By `rivalKey`; absent where nobody else routes the host for clients for whom this one does. */
export function deriveRouteRivals(
  graph: Graph,
  { mesh, routesByHost }: { readonly mesh: Source<MeshConfig>; readonly routesByHost: Index<VirtualService> },
): Collection<RouteRivals> {
  return graph.deriveMany({
    name: 'hosts routed by several',
    from: graph.terms('routed hosts', routesByHost),
    reads: { mesh, routesByHost },
    *map(host, _key, reads): Iterable<readonly [string, RouteRivals]> {
      const claims = reads.routesByHost.lookup(host).toSorted(bySeniority)
      if (claims.length < 2) return
      const { defaultVirtualServiceExportTo } = meshOf(reads)
      const audiences = claims.map(({ metadata: { namespace }, spec }) =>
        [...new Set([namespace, ...resolveExportTo(spec.exportTo, namespace, defaultVirtualServiceExportTo)])].sort(),
      )
      // Those of one audience have the same rivals.
      const byAudience = new Map<string, { readonly oldest: string; readonly keys: readonly string[] }>()
      for (const [index, claim] of claims.entries()) {
        const audience = audiences[index] ?? []
        const id = audience.join()
        const group = byAudience.get(id) ?? contendersOf(audience, claims, audiences)
        byAudience.set(id, group)
        const key = objectKey(claim)
        if (group.keys.length > 1) yield [rivalKey(host, key), { ...othersThan(key, group.keys), oldest: group.oldest }]
      }
    },
  })
}

function contendersOf(
  audience: readonly string[],
  claims: readonly VirtualService[],
  audiences: readonly (readonly string[])[],
): { readonly oldest: string; readonly keys: readonly string[] } {
  const own = new Set(audience)
  const keys = claims
    .filter((_claim, index) => own.has('*') || audiences[index]?.some(client => client === '*' || own.has(client)))
    .map(objectKey)
  return { oldest: keys[0] ?? '', keys: keys.sort(byText) }
}

/** By `rivalKey`; absent where the rule is alone in its namespace. */
export function deriveRuleRivals(graph: Graph, rulesByHost: Index<Rule>): Collection<RuleRivals> {
  return graph.deriveMany({
    name: 'hosts ruled by several',
    from: graph.terms('ruled hosts', rulesByHost),
    reads: { rulesByHost },
    *map(host, _key, reads): Iterable<readonly [string, RuleRivals]> {
      const forAll = reads.rulesByHost
        .lookup(host)
        .filter(({ spec }) => isEmptySelector(spec.workloadSelector?.matchLabels))
      for (const rules of Map.groupBy(forAll, ({ metadata }) => metadata.namespace).values()) {
        if (rules.length < 2) continue
        const keys = rules.map(objectKey).sort(byText)
        const lost = lostOf(rules)
        for (const key of keys) yield [rivalKey(host, key), { ...othersThan(key, keys), lost }]
      }
    },
  })
}

function lostOf(rules: readonly Rule[]): readonly string[] {
  const policies = rules.filter(({ spec }) => spec.trafficPolicy !== undefined)
  const doubled = doubledSubsets(rules)
  return [
    ...(policies.length > 1 ? ['trafficPolicy'] : []),
    ...doubled.slice(0, mostNamed).map(name => `the subset ${name}`),
  ]
}

function doubledSubsets(rules: readonly Rule[]): readonly string[] {
  const seen = new Set<string>()
  const doubled = new Set<string>()
  for (const { name } of rules.flatMap(({ spec }) => spec.subsets ?? [])) {
    if (seen.has(name)) doubled.add(name)
    seen.add(name)
  }
  return [...doubled].sort()
}

/** `keys` sorted, `key` among them. */
function othersThan(key: string, keys: readonly string[]): Rivals {
  const named = keys
    .slice(0, mostNamed + 1)
    .filter(one => one !== key)
    .slice(0, mostNamed)
  return { named, more: keys.length - 1 - named.length }
}
