/** Durations as users type them: `90s`, `15m`, `1h`, `7d`, `1h30m`. */

import { MeshwrightError } from '../platform/errors.ts'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Throws `OPTION_INVALID`. */
export function parseTtlSeconds(text: string): number {
  const parts = [...text.matchAll(/(\d+)([smhd])/g)]
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== text) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: `${JSON.stringify(text)} is not a duration`,
      remedy: 'Write it like 90s, 15m, 1h or 7d.',
    })
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * (secondsOf[part[2] ?? ''] ?? 0), 0)
}
