/**
 * Make before break, on one stream: "CDS updates must always be pushed first … stale CDS clusters and related EDS endpoints
 * (ones no longer being referenced) can then be removed".
 */

import { type TypeRule, typeUrls } from './type-rules.ts'

/** What the order depends on; a `Watch` is one. */
export interface OrderedWatch {
  readonly rule: TypeRule
  /** Something waits to be sent. */
  readonly hasNews: boolean
  /** Removals wait until they may be told. */
  readonly hasHeldBack: boolean
  /** The client has accepted all there is. */
  readonly isSettled: boolean
}

type WatchOf = (typeUrl: string) => OrderedWatch | undefined

/** Whether resources of this type must wait: they may refer to what the client has not been sent. */
export function mustWait(rule: TypeRule, watchOf: WatchOf): boolean {
  // A route, listener or filter may name a cluster that is still to be sent.
  if (rule.namesClusters && watchOf(typeUrls.cluster)?.hasNews === true) return true
  // "VHDS updates related to the newly added RouteConfigurations must arrive after RDS updates"
  return rule.typeUrl === typeUrls.virtualHost && watchOf(typeUrls.route)?.hasNews === true
}

/**
 * Whether removals of this type may be told. A cluster, and its endpoints, stay until the client has accepted the
 * listeners and routes that no longer name it; a client that refused one of those keeps the cluster, because it keeps the
 * old route too. `phase`: a settling stream continues an earlier one and may not have asked for all its types yet.
 */
export function mayRemove(
  rule: TypeRule,
  phase: 'settling' | 'settled',
  watchOf: WatchOf,
  watches: Iterable<OrderedWatch>,
): boolean {
  if (rule.typeUrl !== typeUrls.cluster && rule.typeUrl !== typeUrls.endpoint) return true
  if (phase === 'settling') return false
  const clusters = watchOf(typeUrls.cluster)
  if (rule.typeUrl === typeUrls.endpoint && (clusters?.hasNews === true || clusters?.hasHeldBack === true)) return false
  for (const watch of watches) if (watch.rule.namesClusters && !watch.isSettled) return false
  return true
}
