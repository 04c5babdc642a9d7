/**
 * One entry of the transparency log and its bytes. The bytes are what the tree hashes: JSON as RFC 8785 orders it
 * (members by name, no blanks, UTF-8), with a format number, so that anybody can make and check them with any tool.
 */

import { MeshwrightError } from '../../platform/errors.ts'

export const logEntryKinds = [
  'issue',
  'renewal',
  'refusal',
  'revocation',
  'unrevocation',
  'rotation',
  'trust',
  'restore',
  'restore-confirmed',
  'alarm',
  'prune',
] as const

export type LogEntryKind = (typeof logEntryKinds)[number]

/** What is to be logged. Absent members are absent in the bytes too. */
export interface LogContent {
  readonly kind: LogEntryKind
  /** Whom it is about, for look-ups: a SPIFFE id; of the daemon's own certificate, its names with commas between. */
  readonly identity?: string
  /** Of the certificate that it is about: upper-case hexadecimal. */
  readonly serialNumber?: string
  readonly caller?: LogCaller
  readonly certificate?: LogCertificate
  /** What else is worth knowing about this kind, flat, by names that are no numbers. Never secrets. */
  readonly details?: Readonly<Record<string, string | number>>
}

export interface LogEntry extends LogContent {
  readonly atMs: number
}

/** Who asked, and how that is known. */
export interface LogCaller {
  /** `client-certificate`, `join-token`, `own-server`, `management` …; `none`: nothing was proved. */
  readonly evidence: string
  /** The certificate's serial number, the token's id, the subject of a JWT …; '' when there is none. */
  readonly detail: string
  readonly peerAddress: string
}

/** What was issued, beside `serialNumber` and `identity`. */
export interface LogCertificate {
  readonly notAfterMs: number
  /** SHA-256 of the SubjectPublicKeyInfo; this and the rest are lower-case hexadecimal. */
  readonly keyFingerprint: string
  /** SHA-256 of the certificate's DER. */
  readonly digest: string
  /** SHA-256 of the DER of the certificate that signed it. */
  readonly issuerFingerprint: string
}

/** Members are named in their order here, which costs a quarter of sorting them (bench/ca.ts). */
export function encodeLogEntry(entry: LogEntry): Buffer {
  const { atMs, caller, certificate, details, identity, kind, serialNumber } = entry
  const text = JSON.stringify({
    atMs,
    caller: caller && { detail: caller.detail, evidence: caller.evidence, peerAddress: caller.peerAddress },
    certificate: certificate && {
      digest: certificate.digest,
      issuerFingerprint: certificate.issuerFingerprint,
      keyFingerprint: certificate.keyFingerprint,
      notAfterMs: certificate.notAfterMs,
    },
    details: details && sortedByName(details),
    format: logEntryFormat,
    identity,
    kind,
    serialNumber,
  })
  return Buffer.from(text, 'utf8')
}

/** Throws `LOG_DAMAGED` for bytes that this did not make. */
export function decodeLogEntry(body: Uint8Array): LogEntry {
  try {
    const { format, ...entry } = JSON.parse(Buffer.from(body).toString('utf8')) as LogEntry & { format?: unknown }
    if (format === logEntryFormat && typeof entry.atMs === 'number' && typeof entry.kind === 'string') return entry
  } catch (cause) {
    throw damaged(cause)
  }
  throw damaged()
}

const logEntryFormat = 1

function sortedByName(details: NonNullable<LogContent['details']>): NonNullable<LogContent['details']> {
  return Object.fromEntries(Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function damaged(cause?: unknown): MeshwrightError {
  return new MeshwrightError('LOG_DAMAGED', { message: 'an entry of the log is not one that meshwright wrote', cause })
}
