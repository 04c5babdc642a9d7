/** How hosts, addresses and ports are written. Pure predicates; case and trailing dots as Kubernetes and Istio take them. */

import ipaddr from 'ipaddr.js'

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

/** RFC 1123 label in lower case: namespaces, and the parts of hosts. */
export const isDnsLabel = (text: string): boolean => text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text)

/** RFC 1123 subdomain in lower case: object names. */
export const isDnsSubdomain = (text: string): boolean => text.length <= 253 && text.split('.').every(isDnsLabel)

/** A fully qualified or short host name; capitals, underscores and one trailing dot are allowed, as in Istio. */
export function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  return name.length > 0 && name.length <= 255 && name.split('.').every(isHostLabel)
}

/** A host name whose first label may be `*`, or `*` alone. */
export function isWildcardHost(text: string): boolean {
  if (text === '*') return true
  return isHostname(text.startsWith('*.') ? text.slice(2) : text)
}

/** Plain IPv4 in four decimal parts, or IPv6 without zone and brackets. */
export const isIpAddress = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text))

export function isIpOrCidr(text: string): boolean {
  const slash = text.indexOf('/')
  if (slash < 0) return isIpAddress(text)
  const address = text.slice(0, slash)
  const prefix = text.slice(slash + 1)
  return isIpAddress(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (address.includes(':') ? 128 : 32)
}

const unixPrefix = 'unix://'

/** `unix://` and a path that is absolute, or abstract (`@name`). */
export const isUnixAddress = (text: string): boolean =>
  text.startsWith(unixPrefix) && /^(?:\/[^\0]+|@[^\0]+)$/.test(text.slice(unixPrefix.length))

/** Istio counts labels of host names more loosely than Kubernetes does names. */
const isHostLabel = (text: string): boolean =>
  text.length <= 63 && /^[A-Za-z0-9_](?:[-A-Za-z0-9_]*[A-Za-z0-9_])?$/.test(text)
