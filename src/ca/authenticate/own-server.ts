/** The daemon vouches for itself: the names it listens on, as its operator configured them. No caller reaches this. */

import net from 'node:net'
import { MeshwrightError } from '../../platform/errors.ts'
import { prove, type ServerProof } from '../certificates/identity-proof.ts'

/** `names` are DNS names and IP addresses. Throws `CA_CERTIFICATE_GENERATION` on anything else. */
export function proveOwnServer(names: readonly string[]): ServerProof {
  const unique = [...new Set(names)].sort()
  unique.forEach(requireServerName)
  const ipAddresses = unique.filter(name => net.isIP(name) !== 0)
  const dnsNames = unique.filter(name => net.isIP(name) === 0)
  return prove({ kind: 'server', dnsNames, ipAddresses })
}

/** An IP address or a DNS name; underscores are no part of host names, but some hosts are called so. */
export function isServerName(name: string): boolean {
  if (net.isIP(name) !== 0) return !name.includes('%')
  return name.length <= 253 && name.split('.').every(label => dnsLabel.test(label))
}

const dnsLabel = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

function requireServerName(name: string): void {
  if (isServerName(name)) return
  throw new MeshwrightError('CA_CERTIFICATE_GENERATION', {
    message: `the server name ${JSON.stringify(name)} is neither a DNS name nor an IP address`,
    remedy: 'Correct the names that the daemon is reached by.',
  })
}
