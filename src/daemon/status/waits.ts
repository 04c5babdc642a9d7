/**
 * Waiting until every connected proxy that an object concerns has acknowledged it. Nothing is asked again and again: an
 * ACK, a NACK or a stream that ends is weighed for the waits that wait for that stream, and a wait whose last stream has
 * answered looks once more at everything, because the configuration may be another by then.
 */

import type { ObjectReference, ProxyProgress } from '../../config/object-status.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { ProxyTables } from '../../translate/connected-proxy.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { TableSet } from '../../xds/table-set.ts'
import type { Names } from './experiment/concerned.ts'
import type { RecentChanges } from './experiment/recent-changes.ts'
import { type ObjectStatuses, objectKeyOf } from './object-statuses.ts'
import { lagOf } from './standing.ts'
import type { Verdict } from './verdict.ts'

export const waitConditions = ['everywhere', 'accepted', 'deleted'] as const
export type WaitCondition = (typeof waitConditions)[number]

export interface WaitOutcome {
  readonly condition: WaitCondition
  readonly met: boolean
  /** Since the request. */
  readonly waitedMs: number
  /** From the object's last change to the last acknowledgement; absent when it was met before the wait began. */
  readonly spreadMs?: number
  /** What the sources say of the object; absent when there is none. */
  readonly verdict?: Verdict
  readonly proxies: readonly ProxyProgress[]
}

export interface WaitRequest {
  readonly reference: ObjectReference
  readonly condition: WaitCondition
  readonly timeoutMs: number
}

export interface WaitsOptions {
  readonly statuses: ObjectStatuses
  readonly recent: RecentChanges
  readonly proxyOf: (tables: TableSet) => ProxyTables<ResourceTable> | undefined
  readonly clock: Clock
}

export interface Waits {
  /** Resolves when it is met, when every proxy that lags has refused, or when the time is up. */
  wait(request: WaitRequest, signal: AbortSignal): Promise<WaitOutcome>
  /** A stream has acknowledged or refused something. Cost without waits: none. */
  heard(session: SessionStatus): void
  /** A stream has ended. */
  left(session: SessionStatus): void
  /** The configuration has been committed and flushed. */
  committed(): void
}

/** A burst of commits is looked at once. */
const settleMs = 5

export function createWaits({ statuses, recent, proxyOf, clock }: WaitsOptions): Waits {
  const waiting = new Set<Waiter>()
  return {
    heard(session) {
      for (const waiter of waiting) waiter.heard(session)
    },
    left({ id }) {
      for (const waiter of waiting) waiter.answered(id)
    },
    committed() {
      for (const waiter of waiting) waiter.committed()
    },
    wait({ reference, condition, timeoutMs }, signal) {
      const startMs = clock.monotonicMs()
      let lagging = new Map<number, Names>()
      let look: Timer | undefined
      let looks = 0
      const key = objectKeyOf(reference)
      return new Promise((resolve, reject) => {
        const outcome = (met: boolean, proxies: readonly ProxyProgress[]): WaitOutcome => {
          const verdict = statuses.verdictOf(reference)
          const changedAtMs = recent.of(reference.kind, key)?.atMs
          return {
            condition,
            met,
            waitedMs: Math.round(clock.monotonicMs() - startMs),
            ...(met && looks > 1 && changedAtMs !== undefined
              ? { spreadMs: Math.max(0, Math.round(clock.now() - changedAtMs)) }
              : {}),
            ...(verdict === undefined ? {} : { verdict }),
            proxies,
          }
        }
        const end = (finish: () => void): void => {
          waiting.delete(waiter)
          look?.cancel()
          limit.cancel()
          signal.removeEventListener('abort', aborted)
          finish()
        }
        /** At everything; `final`: the time is up. */
        const lookAtAll = (final: boolean): void => {
          look = undefined
          looks++
          try {
            const exists = statuses.verdictOf(reference)
            const isReady = condition === 'deleted' ? exists === undefined : exists?.verdict === 'accepted'
            const isRefused = condition !== 'deleted' && exists !== undefined && exists.verdict !== 'accepted'
            if (condition === 'accepted' || !isReady) {
              if (isReady || isRefused || final) end(() => resolve(outcome(isReady, [])))
              return
            }
            const concerned = statuses.concernedBy(reference)
            const progress = statuses.progressOf(concerned)
            lagging = new Map()
            for (const [session, names] of concerned) {
              if (lagOf(session, names, proxyOf)?.state === 'waiting') lagging.set(session.id, names)
            }
            if (lagging.size > 0 && !final) return
            const met = progress.every(one => one.waiting + one.nacked + one.quarantined === 0)
            end(() => resolve(outcome(met, progress)))
          } catch (error) {
            end(() => reject(error))
          }
        }
        const lookSoon = (delayMs: number): void => {
          look ??= clock.after(delayMs, () => lookAtAll(false))
        }
        const waiter: Waiter = {
          heard(session) {
            const names = lagging.get(session.id)
            if (names === undefined || lagOf(session, names, proxyOf)?.state === 'waiting') return
            waiter.answered(session.id)
          },
          answered(id) {
            if (lagging.delete(id) && lagging.size === 0) lookSoon(0)
          },
          committed() {
            // While streams lag, what they have to acknowledge is what their tables hold then.
            if (lagging.size === 0) lookSoon(settleMs)
          },
        }
        const aborted = (): void => end(() => reject(signal.reason))
        const limit = clock.after(timeoutMs, () => lookAtAll(true))
        signal.addEventListener('abort', aborted)
        waiting.add(waiter)
        lookAtAll(false)
      })
    },
  }
}

interface Waiter {
  heard(session: SessionStatus): void
  answered(sessionId: number): void
  committed(): void
}
