/** Addresses and CIDR blocks as policies write them. */

import ipaddr from 'ipaddr.js'

export interface AddressRange {
  readonly address: string
  readonly prefixLength: number
}

/** A single address becomes its longest prefix. Undefined when `text` is neither. */
export function addressRangeFrom(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || !ipaddr.isValid(address) || address.includes('%')) return undefined
  const bits = ipaddr.parse(address).kind() === 'ipv6' ? 128 : 32
  if (length === undefined) return { address, prefixLength: bits }
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined
  return { address, prefixLength: Number(length) }
}
