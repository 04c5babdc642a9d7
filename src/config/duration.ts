/**
 * Durations as Istio reads them: Go's notation (`1.5s`, `1h30m`, `250ms`), of which proto JSON's `10s` is a part.
 * https://pkg.go.dev/time#ParseDuration
 */

/** Milliseconds, fractions included; undefined when `text` is no duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = whole.exec(text)
  if (match === null) return undefined
  const body = match[2] ?? ''
  if (body === '0') return 0
  let totalMs = 0
  for (const [, amount, unit] of body.matchAll(part)) totalMs += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
  // What Go holds: 2^63 nanoseconds.
  if (!(totalMs <= 9_223_372_036_854)) return undefined
  return match[1] === '-' ? -totalMs : totalMs
}

/** For text that validation has let through. Throws RangeError otherwise. */
export function durationMs(text: string): number {
  const parsedMs = parseDurationMs(text)
  if (parsedMs === undefined) throw new RangeError(`not a duration: ${text}`)
  return parsedMs
}

/** Of a duration: whether it is a millisecond or more and not a whole number of them. In integers, since 1.005 s is less in binary. */
export function isFinerThanMs(text: string): boolean {
  let totalNs = 0n
  for (const [, amount = '', unit = ''] of text.matchAll(part)) {
    const [whole = '', fraction = ''] = amount.split('.')
    const inNs = unitNs[unit] ?? 0n
    totalNs += BigInt(whole === '' ? '0' : whole) * inNs
    totalNs += (BigInt(fraction === '' ? '0' : fraction) * inNs) / 10n ** BigInt(fraction.length)
  }
  return totalNs >= 1_000_000n && totalNs % 1_000_000n !== 0n
}

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

// Both patterns are linear: no two alternatives of a repetition can match the same text. `text` is capped by its field.
const whole = /^([+-]?)(0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g
