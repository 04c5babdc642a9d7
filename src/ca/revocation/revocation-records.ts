/** Where revocations lie on disk. Writes resolve when they are there. */

import type { Statement } from '../../platform/database/statement.ts'
import type { Revocation, RevocationTarget, RevokedCertificate, WithdrawnWorkload } from './revocation.ts'
import type { ChainHead, ChainLink } from './revocation-events.ts'

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
  writeBarrier(): Promise<void>
  /** One revocation with its certificates; written with their entry in the log. */
  statementsForRevocation(revocation: Revocation, certificates: readonly RevokedCertificate[]): readonly Statement[]
  /** Ends the ban; `released` certificates are revoked no more. Likewise. */
  statementsForLift(id: number, lift: Lift): readonly Statement[]
  /** Where the chain of what was ordered is. */
  revocationHead(): ChainHead
  /** From this sequence on, at most so many. */
  revocationEvents(from: number, limit: number): readonly ChainLink[]
  /** Undefined when it is not known any more. */
  revocationHash(sequence: number): Buffer | undefined
  /** Where the chain was at the restore that waits to be confirmed; undefined: none waits. */
  restoredHead(): ChainHead | undefined
  /** Written with what the events say. */
  statementsForEvents(links: readonly ChainLink[]): readonly Statement[]
  saveWithdrawn(workloads: readonly WithdrawnWorkload[]): Promise<void>
  removeWithdrawn(nodeId: string): Promise<void>
  saveDrainGeneration(generation: number): Promise<void>
  /** Forgets certificates that ended before then, and what hangs on them. */
  forgetExpiredRevocations(nowMs: number): Promise<void>
}

export interface Lift {
  readonly atMs: number
  readonly released: readonly string[]
}
