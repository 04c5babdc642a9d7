/**
 * Renewals that the daemon orders: each at a random time within its window, so that a fleet does not renew at once. An
 * order that is given again while it is planned changes nothing unless it wants it sooner.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { createBackoff } from '../backoff.ts'
import type { CertificateFacts, RenewalOrder } from './attend-messages.ts'

export interface RenewalPlan {
  order(renewal: RenewalOrder): void
  stop(): void
}

export interface RenewalPlanOptions {
  /** Of the certificate in use now. */
  readonly facts: () => CertificateFacts | undefined
  readonly renew: () => Promise<void>
  /** What stopped a renewal; '' when it was done. */
  readonly onOutcome: (fault: string) => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
}

const retry = { firstMs: 500, longestMs: 60_000, jitter: 0.5 }

export function createRenewalPlan(options: RenewalPlanOptions): RenewalPlan {
  const { clock, log, random } = options
  const backoff = createBackoff({ ...retry, random })
  let timer: Timer | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let latest: RenewalOrder | undefined
  let stopped = false

  const concerns = ({ rootFingerprint, keyFingerprint }: RenewalOrder): boolean => {
    const facts = options.facts()
    if (facts === undefined) return false
    if (rootFingerprint !== '' && rootFingerprint !== facts.rootFingerprint) return false
    return keyFingerprint === '' || keyFingerprint === facts.keyFingerprint
  }
  const schedule = (atMs: number): void => {
    timer?.cancel()
    dueMs = atMs
    if (!stopped) timer = clock.after(atMs - clock.now(), () => void run())
  }
  const run = async (): Promise<void> => {
    const order = latest
    dueMs = Number.POSITIVE_INFINITY
    // The schedule of the certificate itself may have been quicker.
    if (order === undefined || !concerns(order)) {
      latest = undefined
      return
    }
    try {
      await options.renew()
      if (latest === order) latest = undefined
      backoff.reset()
      options.onOutcome('')
    } catch (thrown) {
      if (stopped) return
      const delayMs = Math.round(backoff.next())
      log.warn({ err: errorFrom(thrown), retryInMs: delayMs }, 'ordered renewal failed')
      options.onOutcome(`not renewed: ${errorFrom(thrown).message}`)
      schedule(clock.now() + delayMs)
    }
  }
  return {
    order(renewal) {
      if (!concerns(renewal)) return
      const atMs = clock.now() + Math.max(0, renewal.withinMs) * random()
      latest = renewal
      if (atMs >= dueMs) return
      log.info({ reason: renewal.reason, inMs: Math.round(atMs - clock.now()) }, 'renewal ordered')
      schedule(atMs)
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
