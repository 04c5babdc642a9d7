/** What a rotation leaves on disk. A change of it is one transaction with its entry in the transparency log. */

import type { Statement } from '../../platform/database/statement.ts'
import type { StoredRoot } from '../store/store.ts'

/**
 * Named after what has been achieved.
 *
 *   prepared: the new root is made ▸ distributed: everybody trusts both ▸ switched: the new root signs ▸
 *   reissued: nothing that lives chains to the old root ▸ done (or aborted): the other root is dropped
 */
export type RotationStep = 'prepared' | 'distributed' | 'switched' | 'reissued'

export interface Rotation {
  readonly id: number
  readonly step: RotationStep | 'done' | 'aborted'
  /** `back`: it is being aborted, and `toRoot` is the one that signed before. */
  readonly direction: 'forward' | 'back'
  /** The root to be dropped at the end. */
  readonly fromRoot: string
  readonly toRoot: string
  /** The new root's key signed by the old root, whatever the direction. */
  readonly crossCertificatePem: string
  /** Over which renewals are spread. */
  readonly windowMs: number
  readonly startedAtMs: number
  readonly stepAtMs: number
  /** Of the trust, the first with both roots; 0: not known yet. */
  readonly generation: number
  /** Number of the last issuance that may have been answered without the new root. */
  readonly lastIssuance: number
}

/** A root that is trusted no more, and still presented by servers because join tokens pin it. */
export interface RetiredRoot {
  readonly fingerprint: string
  readonly certificatePem: string
  /** Its successor's key signed by it; '': the successor has the same key. */
  readonly crossCertificatePem: string
  readonly untilMs: number
}

export interface RotationChange {
  readonly rotation?: Rotation
  /** Fingerprint of the root that signs from now on. */
  readonly signer?: string
  readonly addedRoot?: StoredRoot
  /** Fingerprint; its key is gone for good. */
  readonly removedRoot?: string
  readonly retiredRoot?: RetiredRoot
}

/** A certificate of a workload that has not ended and that its holder has not renewed. */
export interface CurrentLeaf {
  /** In the order of issuance. */
  readonly number: number
  readonly serialNumber: string
  readonly identity: string
  readonly notAfterMs: number
  readonly issuerFingerprint: string
}

export interface RotationRecords {
  /** Undefined: the newest root. */
  signingRoot(): string | undefined
  /** The latest, also when it has ended. */
  rotation(): Rotation | undefined
  /** The latest first. */
  retiredRoots(): readonly RetiredRoot[]
  statementsFor(change: RotationChange): readonly Statement[]
  /** 0: none yet. */
  lastIssuanceNumber(): number
  /** Cost: the number of leaves that have not ended. */
  currentLeaves(nowMs: number): readonly CurrentLeaf[]
  /** When the last of the join tokens ends; 0: there is none. */
  lastTokenExpiryMs(): number
}

export function isUnderWay(rotation: Rotation | undefined): rotation is Rotation & { readonly step: RotationStep } {
  return rotation !== undefined && rotation.step !== 'done' && rotation.step !== 'aborted'
}
