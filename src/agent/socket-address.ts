/** `HOST:PORT` with a literal IP, as every address of an agent is given. */

import { isIP } from 'node:net'
import { MeshwrightError } from '../platform/errors.ts'

export interface SocketAddress {
  readonly host: string
  readonly port: number
}

/** IPv6 in brackets. `option` is named in the error. Throws AGENT_OPTION_INVALID. */
export function parseSocketAddress(text: string, option: string): SocketAddress {
  const { host, port } = splitHostPort(text, option)
  if (isIP(host) === 0) throw invalid(option, text, `${host} is no IP address`)
  return { host, port }
}

/** The same for an address to connect to, where the host may be a name. */
export function splitHostPort(text: string, option: string): SocketAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535) throw invalid(option, text, 'it is not of the form HOST:PORT')
  return { host, port }
}

export function formatSocketAddress(address: SocketAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

export function isWildcard(address: SocketAddress): boolean {
  return /^(0\.0\.0\.0|[0:]+)$/.test(address.host)
}

export function isLoopback(address: SocketAddress): boolean {
  return address.host.startsWith('127.') || address.host === '::1'
}

function invalid(option: string, text: string, reason: string): MeshwrightError {
  return new MeshwrightError('AGENT_OPTION_INVALID', {
    message: `${option} ${JSON.stringify(text)}: ${reason}`,
    remedy: 'Give it as IP:PORT, for instance 127.0.0.1:15020 or [::1]:15020.',
  })
}
