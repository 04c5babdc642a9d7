/** Responses that Envoy has been sent and has not answered. */

import type { HeldResource } from './delta-messages.ts'

export interface Outstanding {
  readonly nonce: string
  /** Counts the streams to the daemon; -1: the agent made the response itself. */
  readonly epoch: number
  readonly version: string
  readonly resources: readonly HeldResource[]
  readonly removed: readonly string[]
}

/**
 * Takes the response that `nonce` answers out of the list. Envoy answers the responses of a type in their order, so of
 * two with equal nonces (a daemon that was restarted may count from one again) the older one is meant.
 */
export function takeAnswered(list: Outstanding[], nonce: string): Outstanding | undefined {
  const index = list.findIndex(response => response.nonce === nonce)
  return index < 0 ? undefined : list.splice(index, 1)[0]
}
