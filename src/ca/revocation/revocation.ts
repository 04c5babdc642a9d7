/** What is revoked, as data: the operator's order with its ban on issuing, and the certificates that it took with it. */

import type { RevocationReason } from './reasons.ts'

/**
 * `serial`: one certificate, upper-case hexadecimal; `identity`: a SPIFFE id; `key` and `issuer`: SHA-256 of the
 * SubjectPublicKeyInfo, and of the signer's certificate, lower-case hexadecimal.
 */
export const revocationKinds = ['serial', 'identity', 'key', 'issuer'] as const

export type RevocationKind = (typeof revocationKinds)[number]

export interface RevocationTarget {
  readonly kind: RevocationKind
  readonly value: string
}

export interface RevocationOrder extends RevocationTarget {
  readonly reason: RevocationReason
  /** The ban on issuing ends then; undefined: only by `lift`. */
  readonly banUntilMs: number | undefined
}

export interface Revocation extends RevocationOrder {
  readonly id: number
  readonly revokedAtMs: number
  /** Undefined: in force. */
  readonly liftedAtMs: number | undefined
}

export interface RevokedCertificate {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string
  readonly revocationId: number
  readonly identity: string
  readonly issuerFingerprint: string
  readonly keyFingerprint: string
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly digest: string
  readonly reason: RevocationReason
  readonly revokedAtMs: number
  readonly notAfterMs: number
}

/** Where a revoked certificate was in use: its endpoints stay away until the workload comes with another one. */
export interface WithdrawnWorkload {
  readonly nodeId: string
  readonly serialNumber: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly addresses: readonly string[]
}
