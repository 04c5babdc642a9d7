/** Who counts as one where shares are given by address. */

import { isIPv6 } from 'node:net'

/** An IPv4 address as it is; of an IPv6 one the first half, because a single machine may have all the rest. */
export function addressSide(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = ''] = address.split('::')
  const groups = head.split(':')
  return [0, 1, 2, 3].map(i => groups[i] || '0').join(':')
}

/** Of `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
export function peerSide(peer: string): string {
  return addressSide(peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'))
}
