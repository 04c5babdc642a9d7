/** Whether anything makes use of a WorkloadEntry: a ServiceEntry or a Service that selects it. */

import type { IndexReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { labelTerms, selects } from '../meaning/selector.ts'
import type { Finding } from './finding.ts'
import type { ServedHost } from './served-hosts.ts'

export interface WorkloadEntryReads {
  readonly hostsBySelector: IndexReader<ServedHost>
}

export function workloadEntryFindings(
  { metadata, spec }: ObjectOf<'WorkloadEntry'>,
  reads: WorkloadEntryReads,
): readonly Finding[] {
  const labels = { ...metadata.labels, ...spec.labels }
  const isSelected = labelTerms(metadata.namespace, labels).some(term =>
    reads.hostsBySelector.lookup(term).some(({ selector }) => selects(selector, labels)),
  )
  if (isSelected) return []
  return [
    {
      code: 'ENTRY_UNUSED',
      field: 'spec.labels',
      reason: 'no ServiceEntry and no Service of its namespace selects it, so nothing is sent to it',
      remedy: 'add a ServiceEntry whose workloadSelector has its labels, unless it only calls others',
    },
  ]
}
