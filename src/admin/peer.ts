/** What the connection of a request says about its other end. */

import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { parseUriSubjectNames } from '../platform/uri-subject-names.ts'
import type { Presented, PresentedCertificate } from './access/caller.ts'

export function presentedBy(request: IncomingMessage): Presented {
  return { authorization: request.headers.authorization, certificate: certificateOf(request) }
}

export function peerAddressOf(request: IncomingMessage): string {
  return `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`
}

function certificateOf({ socket }: IncomingMessage): PresentedCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) return undefined
  if (!socket.authorized) return { kind: 'unverified', reason: String(socket.authorizationError) }
  return {
    kind: 'verified',
    uris: parseUriSubjectNames(leaf.subjectAltName) ?? [],
    serialNumber: leaf.serialNumber,
    notAfterMs: leaf.validToDate.getTime(),
  }
}
