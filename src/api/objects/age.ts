/** How long ago something was, as kubectl prints it: `42s`, `5m3s`, `7h`, `3d12h`, `2y40d`. */

const [secondMs, minuteMs, hourMs, dayMs] = [1000, 60_000, 3_600_000, 86_400_000]

export function formatAge(ageMs: number): string {
  const [seconds, minutes, hours, days] = [secondMs, minuteMs, hourMs, dayMs].map(unit =>
    Math.floor(Math.max(0, ageMs) / unit),
  ) as [number, number, number, number]
  const two = (whole: number, unit: string, rest: number, restUnit: string): string =>
    rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return two(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  return two(Math.floor(days / 365), 'y', days % 365, 'd')
}
