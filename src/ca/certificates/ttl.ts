/** How long a leaf lives (contracts of Istio's built-in authority: absent or not positive is the default, too long is an error). */

import { MeshwrightError } from '../../platform/errors.ts'

export interface TtlLimits {
  readonly defaultTtlMs: number
  readonly maxTtlMs: number
}

export const defaultTtlLimits: TtlLimits = { defaultTtlMs: 24 * 3_600_000, maxTtlMs: 90 * 24 * 3_600_000 }

/** Leaves begin this much before now, for clocks that are behind. */
export const backdatedMs = 120_000

/** Throws `CA_TTL_TOO_LONG` with the text that Istio's clients know. */
export function grantedTtlMs(requestedMs: number, limits: TtlLimits): number {
  if (requestedMs <= 0) return limits.defaultTtlMs
  if (requestedMs <= limits.maxTtlMs) return requestedMs
  const [asked, most] = [formatDuration(requestedMs), formatDuration(limits.maxTtlMs)]
  throw new MeshwrightError('CA_TTL_TOO_LONG', {
    message: `requested TTL ${asked} is greater than the max allowed TTL ${most}`,
    remedy: 'Ask for less.',
  })
}

/** `2160h0m0s`, `1m30s`, `5s`: hours and minutes from the first one that is not zero, as Go writes durations. */
export function formatDuration(ms: number): string {
  const whole = BigInt(Math.round(ms / 1000))
  const hours = whole / 3600n
  const minutes = (whole / 60n) % 60n
  const seconds = whole % 60n
  if (hours > 0n) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0n ? `${minutes}m${seconds}s` : `${seconds}s`
}
