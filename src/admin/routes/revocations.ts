/** Revocation: orders and reports for operators; lists of revoked certificates and OCSP for anyone. */

import type { DaemonView } from '../daemon-view.ts'
import { type RevocationKind, type RevokeRequest, revocationKinds, type UnrevokeRequest } from '../revocation-view.ts'
import { badRequest, fieldsOf, json, type Route, type RouteAnswer } from './route.ts'

const open = { side: 'http', access: 'anyone', audit: 'no' } as const
const management = { side: 'management', access: 'admin', audit: 'yes' } as const

const longestWaitMs = 600_000

export const revocationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/revocations',
    side: 'management',
    access: 'viewer',
    audit: 'no',
    handle: daemon => json(daemon.revocation.list()),
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/revocations',
    handle: async (daemon, { body }) => json(await daemon.revocation.revoke(revokeRequestFrom(body)), 201),
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/revocations/lift',
    handle: async (daemon, { body }) => json(await daemon.revocation.unrevoke(targetFrom(fieldsOf(body)))),
  },
  { ...open, method: 'GET', path: '/crl', handle: daemon => allLists(daemon) },
  { ...open, method: 'GET', path: '/crl/:file', handle: (daemon, { parameters }) => oneList(daemon, parameters.file) },
  {
    ...open,
    method: 'POST',
    path: '/ocsp',
    body: 'bytes',
    handle: (daemon, { body }) => ocspAnswer(daemon.revocation.ocsp(Buffer.isBuffer(body) ? body : Buffer.alloc(0))),
  },
  {
    ...open,
    method: 'GET',
    path: '/ocsp/:request',
    // RFC 6960 appendix A.1: the URL-encoding of the base64 encoding of the DER.
    handle: (daemon, { parameters }) =>
      ocspAnswer(daemon.revocation.ocsp(Buffer.from(parameters.request ?? '', 'base64'))),
  },
]

function allLists(daemon: DaemonView): RouteAnswer {
  const body = daemon.revocation.crls().map(({ pem }) => pem)
  return { status: 200, contentType: 'application/x-pem-file', body: body.join('') }
}

/** `FINGERPRINT.crl` is DER, as RFC 5280 and 2585 have it, `FINGERPRINT.pem` is PEM. */
function oneList(daemon: DaemonView, file = ''): RouteAnswer {
  const [, fingerprint, form] = /^([0-9a-f]{64})\.(crl|pem)$/.exec(file) ?? []
  const crl = daemon.revocation.crls().find(({ issuerFingerprint }) => issuerFingerprint === fingerprint)
  if (crl === undefined) return { status: 404, contentType: 'text/plain; charset=utf-8', body: 'no such issuer\n' }
  const headers = { expires: new Date(crl.nextUpdate).toUTCString() }
  if (form === 'pem') return { status: 200, contentType: 'application/x-pem-file', body: crl.pem, headers }
  const der = Buffer.from(crl.pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  return { status: 200, contentType: 'application/pkix-crl', body: der, headers }
}

const ocspAnswer = (body: Buffer): RouteAnswer => ({ status: 200, contentType: 'application/ocsp-response', body })

function revokeRequestFrom(body: unknown): RevokeRequest {
  const fields = fieldsOf(body)
  const { reason = 'unspecified', untilMs, deadlineMs } = fields
  if (typeof reason !== 'string') throw badRequest('reason: a name is needed')
  return {
    ...targetFrom(fields),
    reason,
    untilMs: untilMs === undefined ? undefined : numberFrom(untilMs, 'untilMs', Number.MAX_SAFE_INTEGER),
    deadlineMs: deadlineMs === undefined ? undefined : numberFrom(deadlineMs, 'deadlineMs', longestWaitMs),
  }
}

function targetFrom({ kind, value, timeoutMs = 10_000 }: Readonly<Record<string, unknown>>): UnrevokeRequest {
  if (!isKind(kind)) throw badRequest(`kind: one of ${revocationKinds.join(', ')} is needed`)
  if (typeof value !== 'string' || value === '') throw badRequest('value: what is to be revoked is needed')
  return { kind, value, timeoutMs: numberFrom(timeoutMs, 'timeoutMs', longestWaitMs) }
}

const isKind = (kind: unknown): kind is RevocationKind => revocationKinds.some(known => known === kind)

function numberFrom(value: unknown, name: string, largest: number): number {
  if (typeof value === 'number' && value >= 0 && value <= largest) return value
  throw badRequest(`${name}: a number of milliseconds between 0 and ${largest} is needed`)
}
