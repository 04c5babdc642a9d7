/** Which workloads of a namespace an object is about: two spellings, one for networking kinds and one for security kinds. */

import { map, message, optional, text } from '../schema/fields.ts'
import type { Report } from './kind.ts'

/** networking.istio.io `WorkloadSelector`. */
export const labelsSelector = message({ labels: optional(map(text(63), 'label')) })

/** type.istio.io `WorkloadSelector`. */
export const matchLabelsSelector = message({ matchLabels: optional(map(text(63), 'label')) })

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
