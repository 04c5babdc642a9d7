/** What one inbound cluster says: where a proxy hands over what arrives for a port of its workload. */

import type { HttpIr } from '../http-protocol.ts'

export interface InboundClusterIr {
  readonly kind: 'inbound-cluster'
  readonly name: string
  readonly target: InboundTargetIr
  readonly connectTimeoutMs: number
  /** Undefined: the port carries no HTTP. */
  readonly http?: HttpIr
}

export type InboundTargetIr =
  /** Where the captured connection was going. */
  | { readonly kind: 'original-destination'; readonly family: 'ipv4' | 'ipv6' }
  /** By endpoint discovery (inbound-endpoints); `source` as below. */
  | { readonly kind: 'discovered'; readonly source?: 'ipv4' | 'ipv6' }
  /** `source`: from the address of that family which capture leaves alone, where a connection would be captured again. */
  | { readonly kind: 'address'; readonly address: string; readonly port: number; readonly source?: 'ipv4' | 'ipv6' }
