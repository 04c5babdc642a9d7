/** Who is at the other end of a socket, from what the kernel and TLS have proved. Computed once per connection. */

import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { PeerCertificate, PeerIdentity } from '../platform/rpc.ts'
import { parseUriSubjectNames } from '../platform/uri-subject-names.ts'

export type PeerVerdict =
  | { readonly kind: 'peer'; readonly peer: PeerIdentity }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * `localPath` for a Unix socket. A TLS peer may come without a certificate; one that it presents must verify and carry
 * exactly one URI, as Istio's servers demand of workloads.
 */
export function identifyPeer(
  socket: Socket,
  localPath: string | undefined,
  refuseCertificate: (certificate: PeerCertificate) => string | undefined = () => undefined,
): PeerVerdict {
  if (localPath !== undefined) return { kind: 'peer', peer: { transport: 'local', address: localPath } }
  const address = formatAddress(socket)
  if (!(socket instanceof TLSSocket)) return { kind: 'peer', peer: { transport: 'plaintext', address } }
  if (socket.alpnProtocol !== 'h2') return { kind: 'refused', reason: 'the client did not negotiate h2' }
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) return { kind: 'peer', peer: { transport: 'tls', address } }
  if (!socket.authorized) return { kind: 'refused', reason: `client certificate: ${socket.authorizationError}` }
  const certificate = peerCertificate(leaf)
  if (certificate === undefined) return { kind: 'refused', reason: 'client certificate: not exactly one URI SAN' }
  const reason = refuseCertificate(certificate)
  if (reason !== undefined) return { kind: 'refused', reason: `client certificate: ${reason}` }
  return { kind: 'peer', peer: { transport: 'tls', address, certificate } }
}

function peerCertificate(leaf: X509Certificate): PeerCertificate | undefined {
  const uris = parseUriSubjectNames(leaf.subjectAltName)
  if (uris?.length !== 1) return undefined
  return {
    uris,
    serialNumber: leaf.serialNumber,
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
    raw: leaf.raw,
  }
}

function formatAddress(socket: Socket): string {
  const ip = (socket.remoteAddress ?? '').replace(/^::ffff:(?=[0-9.]+$)/, '')
  return `${ip.includes(':') ? `[${ip}]` : ip}:${socket.remotePort ?? 0}`
}
