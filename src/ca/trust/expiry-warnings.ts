/** Which trusted roots end soon: said in the log when a threshold is passed, in metrics, and in `meshwright ca status`. */

import { X509Certificate } from 'node:crypto'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { TrustedRoot, TrustStore } from './trust-state.ts'

export interface ExpiryWarning {
  readonly fingerprint: string
  readonly notAfterMs: number
  /** The threshold that was passed, in days; 0: it has ended. */
  readonly days: ExpiryThreshold
}

export type ExpiryThreshold = 0 | 7 | 30 | 90

/** In the order of the roots. */
export function expiryWarnings(roots: readonly TrustedRoot[], nowMs: number): readonly ExpiryWarning[] {
  return roots.flatMap(({ fingerprint, pem }) => {
    const notAfterMs = new X509Certificate(pem).validToDate.getTime()
    const days = thresholds.find(threshold => notAfterMs - nowMs <= threshold * dayMs)
    return days === undefined ? [] : [{ fingerprint, notAfterMs, days }]
  })
}

export interface ExpiryWatch {
  start(): void
  stop(): void
}

/** Logs each root at each threshold once a run. */
export function createExpiryWatch(options: {
  readonly trust: TrustStore
  readonly clock: Clock
  readonly log: Log
}): ExpiryWatch {
  const { trust, clock, log } = options
  const said = new Set<string>()
  let timer: Timer | undefined
  const look = (): void => {
    for (const { fingerprint, notAfterMs, days } of expiryWarnings(trust.current().roots, clock.now())) {
      const key = `${fingerprint} ${days}`
      if (said.has(key)) continue
      said.add(key)
      const facts = { fingerprint, notAfter: new Date(notAfterMs).toISOString(), days }
      if (days <= 7) log.error(facts, 'a trusted root ends')
      else log.warn(facts, 'a trusted root ends')
    }
    timer = clock.after(everyMs, look)
  }
  return {
    start: look,
    stop: () => timer?.cancel(),
  }
}

const thresholds: readonly ExpiryThreshold[] = [0, 7, 30, 90]
const dayMs = 24 * 3_600_000
const everyMs = 3_600_000
