/** What holds for connections from a namespace to a service: the DestinationRules in force, merged. */

import type { DestinationRuleSpec, Subset } from '../config/kinds/destination-rule.ts'
import { isExportedTo, resolveExportTo } from '../config/meaning/export-to.ts'
import { patternsFor } from '../config/meaning/hostname.ts'
import { isEmptySelector } from '../config/meaning/selector.ts'
import { bySeniority } from '../config/meaning/seniority.ts'
import { type ConfigObject, objectKey } from '../config/object.ts'
import type { Collection, Graph, Index } from '../graph/graph.ts'
import { type ByClient, byClient, forClient, nothingForAnybody } from './by-client.ts'
import type { TrackedFacts } from './facts.ts'
import type { MeshService } from './service.ts'
import { type MeshSource, meshOf } from './sources.ts'

export interface MergedDestinationRule {
  /** The namespace of the rules, which have one host. */
  readonly namespace: string
  /** As the index holds it: fully qualified, or a wildcard. */
  readonly host: string
  /** Keys of the rules, the oldest first. */
  readonly objects: readonly string[]
  readonly trafficPolicy?: NonNullable<DestinationRuleSpec['trafficPolicy']>
  /** By name, the older rule's where two have one name. Sorted by name. */
  readonly subsets: readonly Subset[]
}

/** The fact `destinationRules`, by ServiceKey. Cost of a row: the rules whose host matches the service. */
export function deriveDestinationRules(
  graph: Graph,
  inputs: {
    readonly services: Collection<MeshService>
    readonly mesh: MeshSource
    readonly rulesByHost: Index<Rule>
  },
): Collection<ByClient<MergedDestinationRule>> {
  const { services, mesh, rulesByHost } = inputs
  return graph.derive({
    name: 'destinationRules',
    from: services,
    reads: { mesh, rulesByHost },
    map(service, _key, reads): ByClient<MergedDestinationRule> {
      const matching = patternsFor(service.hostname).flatMap(host => {
        const rules = reads.rulesByHost.lookup(host).filter(forEveryClient).sort(bySeniority)
        return rules.length === 0 ? [] : [{ host, rules }]
      })
      if (matching.length === 0) return nothingForAnybody
      const { rootNamespace, defaultDestinationRuleExportTo } = meshOf(reads)
      const exportTo = ({ metadata, spec }: Rule): readonly string[] =>
        resolveExportTo(spec.exportTo, metadata.namespace, defaultDestinationRuleExportTo)
      const candidates = matching.flatMap(({ rules }) =>
        rules.flatMap(rule => [rule.metadata.namespace, ...exportTo(rule)]),
      )
      return byClient(candidates, client => {
        for (const namespace of new Set([client, service.namespace, rootNamespace])) {
          for (const { host, rules } of matching) {
            const seen = rules.filter(
              rule =>
                rule.metadata.namespace === namespace && (namespace === client || isExportedTo(exportTo(rule), client)),
            )
            if (seen.length > 0) return merged(namespace, host, seen)
          }
        }
        return undefined
      })
    },
  })
}

/**
 * Of the client's namespace, else of the service's, else of the root namespace; in each, an exact host before
 * wildcards, a longer wildcard before a shorter. A client sees every rule of its own namespace, and of others those
 * exported to it. Rules that select clients by label (`workloadSelector`) are not among them.
 */
export function destinationRuleOf(
  reads: Pick<TrackedFacts, 'destinationRules'>,
  clientNamespace: string,
  service: Pick<MeshService, 'key'>,
): MergedDestinationRule | undefined {
  return forClient(reads.destinationRules.get(service.key), clientNamespace)
}

type Rule = ConfigObject<DestinationRuleSpec>

function forEveryClient({ spec }: Rule): boolean {
  return isEmptySelector(spec.workloadSelector?.matchLabels)
}

function merged(namespace: string, host: string, rules: readonly Rule[]): MergedDestinationRule {
  const trafficPolicy = rules.find(({ spec }) => spec.trafficPolicy !== undefined)?.spec.trafficPolicy
  const subsets = new Map<string, Subset>()
  for (const { spec } of rules) {
    for (const subset of spec.subsets ?? []) if (!subsets.has(subset.name)) subsets.set(subset.name, subset)
  }
  return Object.freeze({
    namespace,
    host,
    objects: rules.map(objectKey),
    ...(trafficPolicy === undefined ? {} : { trafficPolicy }),
    subsets: [...subsets.keys()].sort().flatMap(name => subsets.get(name) ?? []),
  })
}
