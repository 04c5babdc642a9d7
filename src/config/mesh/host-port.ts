/** `HOST:PORT`, as addresses of servers are written in settings. */

import { isHostname, isIpAddress, isPort } from '../kinds/host-syntax.ts'

/** The host is a name, an IPv4 address, or an IPv6 address in brackets. */
export function isHostPort(text: string): boolean {
  const [, bracketed, plain, port = ''] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  if (!isPort(Number(port))) return false
  if (bracketed !== undefined) return isIpAddress(bracketed)
  return plain !== undefined && (isHostname(plain) || isIpAddress(plain))
}
