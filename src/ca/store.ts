/** What the authority keeps, and the promise that it is on disk when a call resolves. `storeSuite` holds for every implementation. */

import type { TrustRecords } from './trust/trust-records.ts'

export interface CaStore extends TrustRecords {
  /** In the order in which they were added. */
  roots(): readonly StoredRoot[]
  addRoot(root: StoredRoot): Promise<void>

  secret(name: string): Buffer | undefined
  /** Fails when there is one of that name. */
  addSecret(name: string, sealed: Buffer): Promise<void>

  joinToken(id: string): StoredJoinToken | undefined
  /** Also forgets tokens that expired before `forgetExpiredBeforeMs`. */
  addJoinToken(token: Omit<StoredJoinToken, 'keys'>, forgetExpiredBeforeMs: number): Promise<void>

  /** The issuance and, with a join token, the key that the token is now bound to: both or neither. */
  recordIssuance(issuance: Issuance, binding: TokenBinding | undefined): Promise<void>
  /** The latest first. */
  issuances(limit: number): readonly Issuance[]
}

export interface StoredRoot {
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly certificatePem: string
  /** PKCS #8, sealed (sealed-secrets.ts). */
  readonly sealedKey: Buffer
  readonly addedAtMs: number
}

export interface StoredJoinToken {
  readonly id: string
  /** SHA-256 of the token's text, lower-case hexadecimal. The text itself is kept nowhere. */
  readonly hash: string
  readonly identity: string
  readonly expiresAtMs: number
  /** How many different keys it may be used with. */
  readonly uses: number
  /** Fingerprints of the keys that it has been used with. */
  readonly keys: readonly string[]
}

export interface TokenBinding {
  readonly tokenId: string
  readonly keyFingerprint: string
}

export interface Issuance {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string
  /** The SPIFFE id; of the daemon's own certificate, its names with commas between. */
  readonly identity: string
  readonly issuedAtMs: number
  readonly notAfterMs: number
  readonly keyFingerprint: string
  readonly evidence: 'client-certificate' | 'join-token' | 'own-server'
  /** The serial number of the certificate, or the id of the token. */
  readonly evidenceDetail: string
  readonly peerAddress: string
}
