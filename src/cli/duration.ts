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

/** In the largest whole unit, as tables show it: `45s`, `12m`, `3h`, `20d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}
