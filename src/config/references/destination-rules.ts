/** Which DestinationRule counts for the clients of a namespace, and what it says of subsets. */

import type { IndexReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { isExportedTo, resolveExportTo } from '../meaning/export-to.ts'
import { patternsFor } from '../meaning/hostname.ts'
import { isEmptySelector } from '../meaning/selector.ts'
import { bySeniority } from '../meaning/seniority.ts'
import { objectKey } from '../object.ts'
import { type MeshReader, meshOf } from './reference-sources.ts'

export type Rule = ObjectOf<'DestinationRule'>

export interface RuleReads extends MeshReader {
  /** Term: the qualified host. */
  readonly rulesByHost: IndexReader<Rule>
}

export interface SubsetQuestion {
  readonly host: string
  readonly subset: string
  readonly client: string
  /** Of the services behind the host. */
  readonly owners: readonly string[]
}

/** `hidden`: rules define the subset, and the client sees none of them. `elsewhere`: they are not the ones that count. */
export type SubsetAnswer =
  | { readonly kind: 'defined' }
  | { readonly kind: 'no rules' }
  | { readonly kind: 'undefined'; readonly inForce: readonly string[] }
  | { readonly kind: 'hidden'; readonly by: readonly string[] }

/** The first that counts of: the client's namespace, the owner's, the root; in each the most specific host. */
export function subsetOf(question: SubsetQuestion, reads: RuleReads): SubsetAnswer {
  const { host, subset, client, owners } = question
  const { rootNamespace, defaultDestinationRuleExportTo } = meshOf(reads)
  const matching = patternsFor(host).map(pattern =>
    [...reads.rulesByHost.lookup(pattern)]
      .filter(({ spec }) => isEmptySelector(spec.workloadSelector?.matchLabels))
      .sort(bySeniority),
  )
  const isSeen = ({ metadata, spec }: Rule): boolean =>
    metadata.namespace === client ||
    isExportedTo(resolveExportTo(spec.exportTo, metadata.namespace, defaultDestinationRuleExportTo), client)
  const defines = ({ spec }: Rule): boolean => (spec.subsets ?? []).some(({ name }) => name === subset)
  const all = matching.flat()
  for (const namespace of new Set([client, ...owners, rootNamespace])) {
    for (const rules of matching) {
      const seen = rules.filter(rule => rule.metadata.namespace === namespace && isSeen(rule))
      if (seen.length === 0) continue
      if (seen.some(defines)) return { kind: 'defined' }
      return { kind: 'undefined', inForce: seen.map(objectKey) }
    }
  }
  const by = all.filter(defines).map(objectKey)
  return by.length > 0 ? { kind: 'hidden', by } : { kind: 'no rules' }
}
