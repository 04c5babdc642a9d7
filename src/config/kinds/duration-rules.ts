/** Rules about how long things take; that a duration parses is already known. */

import { durationMs } from '../duration.ts'
import type { Report } from './kind.ts'

/** Istio's rule for nearly every duration: at least one millisecond. */
export function checkPositiveDuration(text: string | undefined, field: string, report: Report): void {
  if (text !== undefined && durationMs(text) < 1) report.error(field, `${text} is shorter than 1ms`, 'use 1ms or more')
}

/** For timeouts where `0s` means none. */
export function checkZeroOrPositiveDuration(text: string | undefined, field: string, report: Report): void {
  if (text === undefined || durationMs(text) === 0) return
  checkPositiveDuration(text, field, report)
}
