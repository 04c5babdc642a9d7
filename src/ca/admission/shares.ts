/** What one caller and one address may have in hand at once and, where the settings say so, ask for in a second. */

import type { Clock } from '../../platform/clock.ts'
import type { MeshwrightError } from '../../platform/errors.ts'
import { createRateLimit, type Rate } from './rate-limit.ts'

export interface ShareLimits {
  readonly mostPerCaller: number
  readonly mostPerAddress: number
  readonly callerRate?: Rate
  readonly addressRate?: Rate
}

export interface Shares {
  /** Throws what `busy` makes when this address has no share left. */
  requireRoom(address: string): void
  /** Returns how to give the share back; throws what `busy` makes when there is none left. */
  take(of: { readonly caller: string; readonly address: string }): () => void
}

export interface SharesOptions {
  readonly limits: ShareLimits
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** `afterMs`: when the next request will do; absent: when there is a place. */
  readonly busy: (reason: string, afterMs?: number) => MeshwrightError
}

export function createShares({ limits, clock, busy }: SharesOptions): Shares {
  const ofCaller = new Map<string, number>()
  const ofAddress = new Map<string, number>()
  const callerRate = limits.callerRate === undefined ? undefined : createRateLimit(limits.callerRate, clock)
  const addressRate = limits.addressRate === undefined ? undefined : createRateLimit(limits.addressRate, clock)
  const requirePlaceOf = (address: string): void => {
    if ((ofAddress.get(address) ?? 0) < limits.mostPerAddress) return
    throw busy(`more than ${limits.mostPerAddress} requests from this address are in hand`)
  }
  const requireRate = (waitMs: number): void => {
    if (waitMs > 0) throw busy('requests of this caller or address come too often', waitMs)
  }
  return {
    requireRoom(address) {
      requirePlaceOf(address)
      requireRate(addressRate?.waitMs(address) ?? 0)
    },
    take({ caller, address }) {
      if ((ofCaller.get(caller) ?? 0) >= limits.mostPerCaller) {
        throw busy(`more than ${limits.mostPerCaller} requests of this caller are in hand`)
      }
      requirePlaceOf(address)
      requireRate(Math.max(callerRate?.waitMs(caller) ?? 0, addressRate?.waitMs(address) ?? 0))
      callerRate?.take(caller)
      addressRate?.take(address)
      add(ofCaller, caller, 1)
      add(ofAddress, address, 1)
      return () => {
        add(ofCaller, caller, -1)
        add(ofAddress, address, -1)
      }
    },
  }
}

/** Keeps only what is not 0, so that the maps are never larger than what is in hand. */
function add(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
