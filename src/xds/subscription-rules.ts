/**
 * How a request changes a subscription, as pure functions. Quotations are from
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol.
 */

import type { TypeRule } from './type-rules.ts'

export interface SubscriptionState {
  readonly wildcard: boolean
  readonly names: ReadonlySet<string>
  /** The client has named a resource (or `*`) on this stream, after which an empty list is no wildcard. */
  readonly named: boolean
  /** The children of the subscribed route configurations are wanted too. */
  readonly followsRoutes: boolean
}

export interface SubscriptionStep {
  readonly state: SubscriptionState
  /** Names that must be answered now, with the resource or with its absence. */
  readonly answer: readonly string[]
  /** Everything that the wildcard covers must be sent, also what was sent before. */
  readonly resendAll: boolean
}

const none: ReadonlySet<string> = new Set()

export interface DeltaChange {
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
}

/** `before` is undefined for the first request of a type on a stream. */
export function applyDelta(
  before: SubscriptionState | undefined,
  change: DeltaChange,
  rule: TypeRule,
): SubscriptionStep {
  // "the request must have no resources in both resource_names_subscribe and resource_names_unsubscribe" (legacy wildcard)
  if (before === undefined && change.subscribe.length === 0 && change.unsubscribe.length === 0) {
    return { state: emptyFirst(rule), answer: [], resendAll: false }
  }
  const state = before ?? { ...emptyFirst(rule), wildcard: false }
  if (before === undefined && change.unsubscribe.length === 0) return firstNames(state, change.subscribe)
  if (change.subscribe.length === 0 && change.unsubscribe.length === 0) return { state, answer: [], resendAll: false }

  const names = new Set(state.names)
  const answer = new Set<string>()
  let wildcard = state.wildcard
  let resendAll = false
  for (const name of change.subscribe) {
    if (name === '*') {
      // "the server must still provide those resources in the response": the client may have forgotten them.
      wildcard = true
      resendAll = before !== undefined
    } else {
      // After the legacy wildcard: "continuing the existing subscription to "*" and adding a new subscription to "A""
      names.add(name)
      answer.add(name)
    }
  }
  for (const name of change.unsubscribe) {
    if (name === '*') {
      // "unsubscribing to "*" and continuing the existing subscription to "A""
      wildcard = false
      resendAll = false
    } else if (names.delete(name)) {
      answer.delete(name)
      // "the server must send a response that includes the specific resource in either the removed_resources field (if
      // it is not included in the wildcard) or in the resources field (if it is included in the wildcard)"
      if (wildcard) answer.add(name)
    }
    // Else "superfluous resource names": "it can simply ignore these phantom unsubscriptions".
  }
  return {
    state: { ...state, wildcard, names, named: state.named || change.subscribe.length > 0 },
    answer: [...answer],
    resendAll,
  }
}

/** `names` is the whole list of a state-of-the-world request whose nonce is not stale. */
export function applySotw(
  before: SubscriptionState | undefined,
  names: readonly string[],
  rule: TypeRule,
): SubscriptionStep {
  if (names.length === 0) {
    if (before === undefined) return { state: emptyFirst(rule), answer: [], resendAll: false }
    // "all requests on the stream for that resource type have had an empty resource_names field": still the wildcard.
    if (!before.named) return { state: before, answer: [], resendAll: false }
    // "once the client does explicitly subscribe to a resource name … clearing the list … is interpreted as an unsubscription"
    return { state: { ...before, wildcard: false, names: none }, answer: [], resendAll: false }
  }
  // An acknowledgement repeats the list: no new set for it.
  if (before?.named === true && repeats(before, names)) return { state: before, answer: [], resendAll: false }
  if (before === undefined) {
    return firstNames({ wildcard: false, names: none, named: true, followsRoutes: false }, names)
  }
  const wanted = new Set(names)
  const wildcard = wanted.delete('*')
  // "the server must resend any newly requested resources, even if it previously sent those"
  const answer = [...wanted].filter(name => !before.names.has(name))
  return {
    state: { wildcard, names: wanted, named: true, followsRoutes: false },
    answer,
    resendAll: wildcard && !before.wildcard,
  }
}

/** Nothing has been sent yet, so nothing is to be answered apart from what the subscription says. */
function firstNames(state: SubscriptionState, subscribe: readonly string[]): SubscriptionStep {
  let names = setsOf.get(subscribe)
  if (names === undefined) {
    const all = new Set(subscribe)
    all.delete('*')
    names = all
    setsOf.set(subscribe, names)
  }
  const wildcard = subscribe.length > names.size && subscribe.includes('*')
  return { state: { ...state, wildcard, names, named: true }, answer: [], resendAll: false }
}

/** Equal requests come with the same list (see `RecentRequests`). */
const setsOf = new WeakMap<readonly string[], ReadonlySet<string>>()

function repeats(state: SubscriptionState, names: readonly string[]): boolean {
  if (!state.wildcard && setsOf.get(names) === state.names) return true
  if (names.length !== state.names.size + (state.wildcard ? 1 : 0)) return false
  return (
    names.every(name => (name === '*' ? state.wildcard : state.names.has(name))) && new Set(names).size === names.length
  )
}

function emptyFirst(rule: TypeRule): SubscriptionState {
  return {
    wildcard: rule.emptySubscription === 'wildcard',
    names: none,
    named: false,
    followsRoutes: rule.emptySubscription === 'scopes',
  }
}
