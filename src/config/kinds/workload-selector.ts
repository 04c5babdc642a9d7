/** Which workloads of a namespace an object is about: two spellings, one for networking kinds and one for security kinds. */

import { field, map, message, optional, ruled, text } from '../schema/fields.ts'
import type { Report } from './kind.ts'

const labels = () =>
  optional(
    ruled(map(text(63), 'label', 4096), {
      cel: "self.all(key, key.size() != 0 && !key.contains('*') && !self[key].contains('*'))",
      holds: given => Object.entries(given).every(([key, value]) => key !== '' && !`${key}${value}`.includes('*')),
      reason: 'has a label without a key, or with a wildcard',
      remedy: 'write keys and values as the workloads have them',
    }),
  )

/** networking.istio.io `WorkloadSelector`. */
export const labelsSelector = message({
  labels: field('Labels that a workload must all have. None selects every workload of the namespace.', labels()),
})

/** type.istio.io `WorkloadSelector`. */
export const matchLabelsSelector = message({
  matchLabels: field('Labels that a workload must all have. None selects every workload of the namespace.', labels()),
})

/** `labels` as found at `field`. Label syntax itself is the reader's business. */
export function checkSelector(
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
  report: Report,
): void {
  if (Object.keys(labels ?? {}).length === 0) {
    report.warning(
      field,
      'selects every workload of the namespace, because it names no labels',
      'name labels or leave the selector out',
    )
  }
}
