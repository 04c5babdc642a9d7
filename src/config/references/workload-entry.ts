/** Whether anything makes use of workloads outside Kubernetes: a ServiceEntry or a Service that selects them; and who they are. */

import type { IndexReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { type Labels, labelTerms, selects } from '../meaning/selector.ts'
import type { Finding } from './finding.ts'
import type { ServedHost } from './served-hosts.ts'
import { type AccountReads, accountFindings } from './service-accounts.ts'

export interface WorkloadEntryReads extends AccountReads {
  readonly hostsBySelector: IndexReader<ServedHost>
}

export function workloadEntryFindings(
  { metadata, spec }: ObjectOf<'WorkloadEntry'>,
  reads: WorkloadEntryReads,
): readonly Finding[] {
  const { namespace } = metadata
  const labels = { ...metadata.labels, ...spec.labels }
  return [
    ...unused({ namespace, labels, field: 'spec.labels', what: 'it' }, reads),
    ...accountFindings({ account: spec.serviceAccount, namespace, field: 'spec.serviceAccount' }, reads),
  ]
}

export function workloadGroupFindings(
  { metadata: { namespace }, spec }: ObjectOf<'WorkloadGroup'>,
  reads: WorkloadEntryReads,
): readonly Finding[] {
  const { template } = spec
  const labels = { ...spec.metadata?.labels, ...template.labels }
  const field = spec.metadata?.labels === undefined ? 'spec.template.labels' : 'spec.metadata.labels'
  return [
    ...unused({ namespace, labels, field, what: 'the entries that are made from it' }, reads),
    ...accountFindings({ account: template.serviceAccount, namespace, field: 'spec.template.serviceAccount' }, reads),
  ]
}

interface Workloads {
  readonly namespace: string
  readonly labels: Labels
  readonly field: string
  /** In the words of the complaint. */
  readonly what: string
}

function unused(
  { namespace, labels, field, what }: Workloads,
  { hostsBySelector }: WorkloadEntryReads,
): readonly Finding[] {
  const isSelected = labelTerms(namespace, labels).some(term =>
    hostsBySelector.lookup(term).some(({ selector }) => selects(selector, labels)),
  )
  if (isSelected) return []
  return [
    {
      code: 'ENTRY_UNUSED',
      field,
      reason: `no ServiceEntry and no Service of its namespace selects ${what}, so nothing is sent there`,
      remedy: 'add a ServiceEntry whose workloadSelector has its labels, unless it only calls others',
    },
  ]
}
