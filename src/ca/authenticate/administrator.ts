/**
 * Whoever holds the admin credential may have a certificate made for any workload of the mesh: they could make a join
 * token for it as well. The management API has checked the credential before this is reached.
 */

import { spiffeIdOf } from '../../platform/spiffe.ts'
import { prove, type WorkloadProof } from '../certificates/identity-proof.ts'

export interface AdministratorRequest {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Of the caller of the management API. */
  readonly peerAddress: string
}

/** Throws `SPIFFE_ID_INVALID`. */
export function proveByAdministrator({ peerAddress, ...parts }: AdministratorRequest): WorkloadProof {
  return prove({ kind: 'workload', identity: spiffeIdOf(parts), evidence: { kind: 'administrator' }, peerAddress })
}
