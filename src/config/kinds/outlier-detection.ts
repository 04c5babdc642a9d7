/** networking.istio.io `OutlierDetection`. */

import { bool, duration, int32, message, optional, uint32, type Value } from '../schema/fields.ts'
import { checkPositiveDuration } from './duration-rules.ts'
import type { Report } from './kind.ts'

export const outlierDetection = message({
  consecutiveErrors: optional(int32()),
  splitExternalLocalOriginErrors: optional(bool()),
  consecutiveLocalOriginFailures: optional(uint32()),
  consecutiveGatewayErrors: optional(uint32()),
  consecutive5xxErrors: optional(uint32()),
  interval: optional(duration()),
  baseEjectionTime: optional(duration()),
  maxEjectionPercent: optional(int32()),
  minHealthPercent: optional(int32()),
})

export type OutlierDetection = Value<typeof outlierDetection>

export function checkOutlierDetection(detection: OutlierDetection, field: string, report: Report): void {
  for (const name of ['interval', 'baseEjectionTime'] as const)
    checkPositiveDuration(detection[name], `${field}.${name}`, report)
  for (const name of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    const percent = detection[name]
    if (percent !== undefined && (percent < 0 || percent > 100))
      report.error(`${field}.${name}`, `${percent} is not between 0 and 100`)
  }
  if (detection.splitExternalLocalOriginErrors !== true && (detection.consecutiveLocalOriginFailures ?? 0) > 0) {
    report.error(
      `${field}.consecutiveLocalOriginFailures`,
      'counts nothing while splitExternalLocalOriginErrors is false',
      'set splitExternalLocalOriginErrors: true',
    )
  }
  if ((detection.consecutiveErrors ?? 0) !== 0) {
    report.warning(
      `${field}.consecutiveErrors`,
      'is deprecated',
      'use consecutive5xxErrors or consecutiveGatewayErrors',
    )
  }
}
