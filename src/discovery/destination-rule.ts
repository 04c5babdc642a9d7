/** What holds for connections from a namespace to a service: the DestinationRules in force, merged. */

import type { DestinationRuleSpec, Subset } from '../config/kinds/destination-rule.ts'
import { type ConfigObject, objectKey } from '../config/object.ts'
import { isExportedTo, resolveExportTo } from './export-to.ts'
import type { TrackedFacts } from './facts.ts'
import { patternsFor } from './hostname.ts'
import { isEmptySelector } from './selector.ts'
import { bySeniority } from './seniority.ts'
import type { MeshService } from './service.ts'
import { meshOf } from './sources.ts'

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

type Reads = Pick<TrackedFacts, 'mesh' | 'destinationRules'>

/**
 * Looks in the client's namespace, then in the service's, then in the root namespace; in each, an exact host before
 * wildcards, a longer wildcard before a shorter. A client sees every rule of its own namespace, and of others those
 * exported to it. Rules that select clients by label (`workloadSelector`) are not among them.
 */
export function destinationRuleOf(
  reads: Reads,
  clientNamespace: string,
  service: Pick<MeshService, 'hostname' | 'namespace'>,
): MergedDestinationRule | undefined {
  const { rootNamespace } = meshOf(reads)
  const patterns = patternsFor(service.hostname)
  for (const namespace of new Set([clientNamespace, service.namespace, rootNamespace])) {
    for (const host of patterns) {
      const rules = visibleRules(reads, { namespace, host, clientNamespace })
      if (rules.length > 0) return merged(namespace, host, rules)
    }
  }
  return undefined
}

function visibleRules(
  reads: Reads,
  { namespace, host, clientNamespace }: { namespace: string; host: string; clientNamespace: string },
): readonly ConfigObject<DestinationRuleSpec>[] {
  const fallback = meshOf(reads).defaultDestinationRuleExportTo
  return reads.destinationRules
    .lookup(`${namespace}/${host}`)
    .filter(({ spec }) => isEmptySelector(spec.workloadSelector?.matchLabels))
    .filter(
      ({ spec }) =>
        namespace === clientNamespace ||
        isExportedTo(resolveExportTo(spec.exportTo, namespace, fallback), clientNamespace),
    )
    .sort(bySeniority)
}

function merged(
  namespace: string,
  host: string,
  rules: readonly ConfigObject<DestinationRuleSpec>[],
): MergedDestinationRule {
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
