/**
 * The labels that workloads have, each set of labels once a namespace: a pod that comes or goes beside others like it is no
 * change, so that selectors are looked at again only when what can be selected is other than before.
 */

import type { Collection, CollectionReader, Graph, Index, IndexReader } from '../../graph/graph.ts'
import { type Labels, labelTerms, lookupSelected, selects } from '../meaning/selector.ts'
import type { ReferenceSources } from './reference-sources.ts'

export interface LabelSet {
  readonly namespace: string
  readonly labels: Labels
}

export interface WorkloadLabels {
  /** Term: `labelTerms`. */
  readonly byLabel: Index<LabelSet>
  /** Has the key `mesh` when any workload is known at all: without one, no selector can be judged. */
  readonly known: Collection<true>
}

export function deriveWorkloadLabels(graph: Graph, sources: ReferenceSources): WorkloadLabels {
  const pods = sources.objects.Pod.index('label set', ({ metadata }) => [setTerm(metadata.namespace, metadata.labels)])
  const entries = sources.objects.WorkloadEntry.index('label set', ({ metadata, spec }) => [
    setTerm(metadata.namespace, { ...metadata.labels, ...spec.labels }),
  ])
  const terms = graph.union('label set terms', [
    graph.terms('label sets of pods', pods),
    graph.terms('label sets of workload entries', entries),
  ])
  const sets = graph.derive({ name: 'label sets', from: terms, reads: {}, map: setFrom })
  const namespaces = graph.terms(
    'namespaces with workloads',
    sets.index('namespaces', ({ namespace }) => [namespace]),
  )
  const known = graph.derive({
    name: 'workloads known',
    from: sources.mesh,
    reads: { namespaces },
    map: (_mesh, _key, reads): true | undefined => ([...reads.namespaces.values()].length > 0 ? true : undefined),
  })
  return {
    byLabel: sets.index('label', ({ namespace, labels }) => [
      ...labelTerms(namespace, labels),
      // A selector of the root namespace selects everywhere.
      ...labelTerms('', labels),
    ]),
    known,
  }
}

export interface JudgedWorkloads {
  readonly labelSets: IndexReader<LabelSet>
  readonly workloadsKnown: CollectionReader<true>
}

/** Of a namespace, or of all (`''`); a selector that is not empty. */
export function selectsAny(namespace: string, selector: Labels, { labelSets }: JudgedWorkloads): boolean {
  return lookupSelected(labelSets, namespace, selector).length > 0
}

/** Whether some workload has the labels of both. */
export function selectsAnyOf(namespace: string, both: readonly [Labels, Labels], reads: JudgedWorkloads): boolean {
  return lookupSelected(reads.labelSets, namespace, both[0]).some(({ labels }) => selects(both[1], labels))
}

const setTerm = (namespace: string, labels: Labels): string =>
  JSON.stringify([namespace, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])

function setFrom(term: string): LabelSet {
  // Sound: `setTerm` wrote it.
  const [namespace, pairs] = JSON.parse(term) as [string, [string, string][]]
  return { namespace, labels: Object.fromEntries(pairs) }
}
