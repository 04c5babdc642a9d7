import { systemClock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { parseTtlSeconds } from '../duration.ts'

/** Milliseconds since 1970 of a time, or of a duration before now. Throws `OPTION_INVALID`. */
export function timeFrom(flag: string, text: string): number {
  if (/^\d{4}-/.test(text)) {
    const ms = Date.parse(text)
    if (!Number.isNaN(ms)) return ms
    throw new MeshwrightError('OPTION_INVALID', { message: `${flag}: ${JSON.stringify(text)} is no time` })
  }
  return Math.floor(systemClock.now() - parseTtlSeconds(text) * 1000)
}
