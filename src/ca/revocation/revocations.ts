/** What is revoked, as others of the authority see it. */

import type { Bans } from './bans.ts'
import type {
  Revocation,
  RevocationOrder,
  RevocationTarget,
  RevokedCertificate,
  WithdrawnWorkload,
} from './revocation.ts'
import type { RevocationEvent } from './revocation-events.ts'

export interface Revocations extends Bans {
  /** Reads what was stored and forgets what has expired. */
  open(): Promise<void>
  stop(): void
  /** Throws `REVOCATION_UNKNOWN`, `REVOCATION_REFUSED`, `DATABASE_WRITE_FAILED`; then nothing is changed. */
  revoke(order: RevocationOrder): Promise<RevocationOutcome>
  /** Throws `REVOCATION_UNKNOWN` when nothing of that kind is in force. */
  lift(target: RevocationTarget): Promise<LiftOutcome>
  /**
   * Orders that were given before, and are not known any more; what is known is passed over. Resolves with how many were
   * new. `events`: a whole part of the chain.
   */
  adopt(events: readonly RevocationEvent[]): Promise<number>
  /** The oldest first; also lifted ones. */
  list(): readonly Revocation[]
  /** Revoked and not expired. */
  certificates(): Iterable<RevokedCertificate>
  certificate(serialNumber: string): RevokedCertificate | undefined
  /** SPIFFE ids whose ban is in force, sorted. */
  bannedIdentities(): readonly string[]
  withdrawn(): readonly WithdrawnWorkload[]
  /** On disk when it resolves; handlers are called before. */
  withdraw(workloads: readonly WithdrawnWorkload[]): Promise<void>
  reinstate(nodeId: string): Promise<void>
  readonly drainGeneration: number
  drain(): Promise<number>
  /** Called after each change; returns how to stop that. */
  onChange(handler: () => void): () => void
}

export interface RevocationOutcome {
  readonly revocation: Revocation
  /** New with this order; those that were revoked before are not among them. */
  readonly certificates: readonly RevokedCertificate[]
}

export interface LiftOutcome {
  readonly lifted: readonly Revocation[]
  /** Were on hold, and are good again. */
  readonly released: readonly string[]
  /** Stay revoked until they expire. */
  readonly staying: number
}
