/** How traffic is split over the destinations of one route. */

import type { Report } from './kind.ts'

/** Weights are relative; of several, one at least must be above 0. */
export function checkWeights(
  destinations: readonly { readonly weight?: number }[],
  field: string,
  report: Report,
): void {
  let total = 0
  for (const [index, { weight = 0 }] of destinations.entries()) {
    if (weight < 0) report.error(`${field}[${index}].weight`, `${weight} is negative`, 'use 0 or more')
    total += Math.max(0, weight)
  }
  if (destinations.length > 1 && total === 0)
    report.error(field, 'sends nothing anywhere: the weights add up to 0', 'give the destinations weights')
  if (total > 4_294_967_295)
    report.error(field, `the weights add up to ${total}, more than 4294967295`, 'use smaller ones')
}
