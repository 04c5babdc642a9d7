/** What the authority keeps, and the promise that it is on disk when a call resolves. `storeSuite` holds for every implementation. */

import type { Statement } from '../../platform/database/statement.ts'
import type { IdentityProviderRecords } from '../authenticate/identity-provider-records.ts'
import type { EvidenceKind } from '../certificates/identity-proof.ts'
import type { AuditedRecords } from '../log/audit.ts'
import type { RevocationRecords } from '../revocation/revocation-records.ts'
import type { RotationRecords } from '../rotation/rotation-records.ts'
import type { TrustRecords } from '../trust/trust-records.ts'

export interface CaStore
  extends TrustRecords,
    RotationRecords,
    AuditedRecords,
    RevocationRecords,
    IdentityProviderRecords {
  /** In the order in which they were added. */
  roots(): readonly StoredRoot[]
  addRoot(root: StoredRoot): Promise<void>

  secret(name: string): Buffer | undefined
  /** Fails when there is one of that name. */
  addSecret(name: string, sealed: Buffer): Promise<void>

  joinToken(id: string): StoredJoinToken | undefined
  /** Also forgets tokens that expired before `forgetExpiredBeforeMs`. */
  addJoinToken(token: Omit<StoredJoinToken, 'keys'>, forgetExpiredBeforeMs: number): Promise<void>
  /** Those that have not expired, by when they do. */
  liveJoinTokens(nowMs: number): readonly StoredJoinToken[]
  /** For whoever writes the entry of it. */
  statementsForTokenEnd(id: string): readonly Statement[]

  /**
   * The issuance, its entry in the log and, with a join token, the key that the token is now bound to: all or nothing.
   * Resolves with the entry's index.
   */
  recordIssuance(issuance: Issuance, binding: TokenBinding | undefined): Promise<number>
  /** The latest first. */
  issuances(limit: number): readonly Issuance[]
  /** Those that have not expired at `nowMs`, the latest first. */
  liveIssuances(by: IssuanceTrait, nowMs: number): readonly Issuance[]
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

/** What certificates are found by. Fingerprints and digests are lower-case hexadecimal. */
export interface IssuanceTrait {
  readonly kind: 'serial' | 'identity' | 'key' | 'issuer'
  readonly value: string
}

export interface Issuance {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string
  /** The SPIFFE id; of the daemon's own certificate, its names with commas between. */
  readonly identity: string
  readonly issuedAtMs: number
  readonly notAfterMs: number
  readonly keyFingerprint: string
  /** SHA-256 of the certificate's DER, lower-case hexadecimal. */
  readonly digest: string
  /** SHA-256 of the DER of the certificate that signed it, lower-case hexadecimal. */
  readonly issuerFingerprint: string
  readonly evidence: EvidenceKind | 'own-server'
  /** As `evidenceDetail` has it. */
  readonly evidenceDetail: string
  readonly peerAddress: string
}
