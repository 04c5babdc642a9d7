/** What can be asked about a connected client. */

import type { PeerIdentity } from '../platform/rpc.ts'
import type { Subscription } from './subscription.ts'
import type { NodeIdentity, TableSet, XdsVariant } from './table-set.ts'
import type { Nack, Standing } from './watch.ts'

export interface TypeStatus {
  readonly typeUrl: string
  readonly subscription: Subscription
  readonly wildcard: boolean
  /** Names subscribed one by one, sorted; computed when read. */
  readonly names: readonly string[]
  /** Empty: nothing sent, or nothing accepted, so far. */
  readonly versionSent: string
  readonly versionAcked: string
  /** The last response that the client refused, also when later ones were accepted. */
  readonly lastNack: Nack | undefined
  /** The refused response is the last that was answered: the client does not have what it should. */
  readonly isRefused: boolean
  readonly isUnacked: boolean
  /** The client has accepted all there is. */
  readonly isSettled: boolean
  /** When the response that is not acknowledged was sent; undefined when there is none. */
  readonly unackedSinceMs: number | undefined
  /** Names in responses that the client has refused, the good among the bad, and has not accepted since; computed when read. */
  readonly refusedNames: readonly string[]
  /** Names of the resources in the last response that were new or changed for this client; computed when read. */
  readonly lastChanged: readonly string[]
  /** Versions of resources as last sent, whatever came of it. Cost: their number, and what changed since. */
  sent(names: readonly string[]): ReadonlyMap<string, string>
  /** How far the client is with some resources, by its own word. Cost: their number, and what is on its way. */
  standings(names: readonly string[]): ReadonlyMap<string, Standing>
  /** What the client has accepted: name → version. Computed when called; cost: the tables' size. */
  held(): ReadonlyMap<string, string>
}

export interface SessionStatus {
  /** Unique among the sessions of a server. */
  readonly id: number
  readonly node: NodeIdentity
  readonly peer: PeerIdentity
  readonly variant: XdsVariant
  /** What `admit` gave. */
  readonly tables: TableSet
  readonly connectedAtMs: number
  readonly types: readonly TypeStatus[]
}
