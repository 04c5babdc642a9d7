/** Where revocations lie on disk. Writes resolve when they are there. */

import type { LogContent } from '../log/log-entry.ts'
import type { Revocation, RevocationTarget, RevokedCertificate, WithdrawnWorkload } from './revocation.ts'

/** A certificate that was issued and has not expired. */
export type LiveCertificate = Pick<
  RevokedCertificate,
  'serialNumber' | 'identity' | 'issuerFingerprint' | 'keyFingerprint' | 'digest' | 'notAfterMs'
> & {
  readonly evidence: string
}

export interface RevocationRecords {
  /** All, the oldest first. */
  revocations(): readonly Revocation[]
  revokedCertificates(): readonly RevokedCertificate[]
  withdrawnWorkloads(): readonly WithdrawnWorkload[]
  drainGeneration(): number
  /** Of the issuances on disk; cost O(those found). */
  liveCertificates(target: RevocationTarget, nowMs: number): readonly LiveCertificate[]
  /** One issuance, also an expired one. */
  issuedCertificate(serialNumber: string): LiveCertificate | undefined
  /** Resolves when every write that was asked for before is on disk. */
  barrier(): Promise<void>
  /** One revocation with its certificates, and the entry of the log: all or nothing. */
  saveRevocation(revocation: Revocation, certificates: readonly RevokedCertificate[], entry: LogContent): Promise<void>
  /** Ends the ban; `released` certificates are revoked no more. */
  saveLift(ids: readonly number[], lifted: Lift, entry: LogContent): Promise<void>
  saveWithdrawn(workloads: readonly WithdrawnWorkload[]): Promise<void>
  removeWithdrawn(nodeId: string): Promise<void>
  saveDrainGeneration(generation: number): Promise<void>
  /** Forgets certificates that ended before then, and what hangs on them. */
  forgetExpired(nowMs: number): Promise<void>
}

export interface Lift {
  readonly atMs: number
  readonly released: readonly string[]
}
