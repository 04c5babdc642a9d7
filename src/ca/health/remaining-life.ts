/** How urgent it is that something ends: in days for what lives for years, by its own measure for what lives for days. */

export type Urgency = 'good' | 'notice' | 'warning' | 'urgent'

/** `lifeMs`: undefined when it is not known, which is taken as long. */
export function urgencyOfEnd(leftMs: number, lifeMs: number | undefined): Urgency {
  if (leftMs <= 0) return 'urgent'
  if (lifeMs !== undefined && lifeMs < longLifeMs) {
    if (leftMs < lifeMs / 10) return 'urgent'
    return leftMs < lifeMs / 4 ? 'warning' : 'good'
  }
  const passed = thresholds.find(({ days }) => leftMs <= days * dayMs)
  return passed?.urgency ?? 'good'
}

export const dayMs = 24 * 3_600_000
/** Half a year: what lives shorter would be due for ever by the days below. */
const longLifeMs = 180 * dayMs

const thresholds = [
  { days: 7, urgency: 'urgent' },
  { days: 30, urgency: 'warning' },
  { days: 90, urgency: 'notice' },
] as const
