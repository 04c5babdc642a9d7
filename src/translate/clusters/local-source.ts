/** The source address of connections from an inbound proxy to its own workload, which the capture rules leave alone. */

import type { Plain } from '../envoy-messages.ts'

/** A BindConfig. */
export function localSource(family: 'ipv4' | 'ipv6'): Plain {
  return { sourceAddress: { address: family === 'ipv4' ? '127.0.0.6' : '::6', portValue: 0 } }
}
