/** How hosts, addresses and ports are written. Pure predicates; as loose and as strict as Kubernetes and Istio are. */

import { isIPv4, isIPv6 } from 'node:net'

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

/** A port as policies write it: in text. 0 is allowed there, and matches nothing. */
export const isPortText = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535

/** RFC 1123 label in lower case: Kubernetes' names of namespaces. */
export const isDnsLabel = (text: string): boolean => text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text)

/** RFC 1123 subdomain in lower case: Kubernetes' names of objects. */
export const isDnsSubdomain = (text: string): boolean => text.length <= 253 && text.split('.').every(isDnsLabel)

/** RFC 1123 label in any case: Istio's names of ports and subsets, and the parts of hosts. */
export const isHostLabel = (text: string): boolean =>
  text.length <= 63 && /^[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?$/.test(text)

/** A short or qualified host name, with or without the final dot. All digits at the end would be an address. */
export function isHostname(text: string): boolean {
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.')
  return text.length <= 255 && labels.every(isHostLabel) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/** A host name, `*`, or a name whose first label starts with `*`. */
export function isWildcardHost(text: string): boolean {
  if (text === '*') return true
  if (text.startsWith('*.')) return isHostname(text.slice(2))
  return isHostname(text.replace(/^\*-?/, ''))
}

/** Istio reads `*foo.com` as a wildcard over one label's beginning; most other things do not. */
export const isPartialWildcard = (text: string): boolean =>
  text.startsWith('*') && text !== '*' && !text.startsWith('*.')

/** Plain IPv4 in four decimal parts, or IPv6 without zone and brackets. */
export const isIpAddress = (text: string): boolean => isIPv4(text) || isIpv6Address(text)

export const isIpv6Address = (text: string): boolean => isIPv6(text) && !text.includes('%')

export function isIpOrCidr(text: string): boolean {
  const slash = text.indexOf('/')
  if (slash < 0) return isIpAddress(text)
  const address = text.slice(0, slash)
  const prefix = text.slice(slash + 1)
  return (
    isIpAddress(address) && /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (address.includes(':') ? 128 : 32)
  )
}

/** `unix://` and a path that is absolute, or abstract (`@name`). */
export const isUnixAddress = (text: string): boolean => /^unix:\/\/[/@][^\0]+$/.test(text)
