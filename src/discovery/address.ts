/** Addresses as workloads and endpoints have them: IP addresses, DNS names, `unix://PATH`. */

import ipaddr from 'ipaddr.js'
import type { Key } from '../graph/graph.ts'

/** Tells an IP address from a name or a path, given that it is one of them. */
export function isIpAddress(address: string): boolean {
  return /^[0-9.]+$/.test(address) || address.includes(':')
}

export function isUnixAddress(address: string): boolean {
  return address.startsWith('unix://')
}

/** The index term of an address in a namespace. One spelling for each: proxies and configuration may write IPv6 differently. */
export function addressTerm(namespace: string, address: string): Key {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return `${namespace}/${address}`
  return `${namespace}/${ipaddr.IPv6.parse(address).toRFC5952String()}`
}
