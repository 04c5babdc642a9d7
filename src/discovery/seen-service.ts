/** Which service a hostname means to the clients of a scope. */

import type { TrackedFacts } from './facts.ts'
import { type ScopeRequest, scopeKeyOf } from './scope.ts'
import type { ServiceKey } from './service.ts'
import { winnerOf } from './visibility.ts'

/**
 * The service of the scope that has the hostname: one at most. Where no Sidecar narrows the scope this depends on the services
 * of that name alone, so that those that come and go elsewhere in the mesh wake nobody. Cost: the services of that name, and
 * in a narrowed scope a binary search for each.
 */
export function serviceSeenFrom(
  scope: ScopeRequest,
  hostname: string,
  facts: Pick<TrackedFacts, 'visibleByHost' | 'sidecars' | 'scopes'>,
): ServiceKey | undefined {
  const candidates = facts.visibleByHost.lookup(hostname)
  if (!isNarrowed(scope, facts)) return winnerOf(candidates, scope.namespace)?.key
  const services = facts.scopes.get(scopeKeyOf(scope))?.services ?? []
  return candidates.find(({ key }) => includes(services, key))?.key
}

/** A Sidecar without egress narrows nothing, nor does one that is gone. */
function isNarrowed({ sidecar }: ScopeRequest, facts: Pick<TrackedFacts, 'sidecars'>): boolean {
  if (sidecar === undefined) return false
  const [namespace = '', name = ''] = sidecar.split('/')
  const object = facts.sidecars.lookup(namespace).find(({ metadata }) => metadata.name === name)
  return (object?.spec.egress ?? []).length > 0
}

/** `sorted` as `sort()` leaves it. */
function includes(sorted: readonly string[], wanted: string): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return sorted[low] === wanted
}
