/** Clusters that belong to no service. */

import type { AddressFamily } from '../outbound/ir.ts'

export type PassthroughIr =
  /** To wherever the connection was going. */
  | { readonly kind: 'passthrough'; readonly name: string; readonly connectTimeoutMs: number }
  /** The same for captured inbound connections, from an address that capture leaves alone. */
  | {
      readonly kind: 'inbound-passthrough'
      readonly name: string
      readonly connectTimeoutMs: number
      readonly family: AddressFamily
    }
  /** Nowhere. */
  | { readonly kind: 'black-hole'; readonly name: string; readonly connectTimeoutMs: number }
