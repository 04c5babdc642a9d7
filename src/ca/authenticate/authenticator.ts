/** One way to prove who calls the certificate service, and the order in which the ways are tried. */

import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { PeerIdentity, RpcMetadata } from '../../platform/rpc.ts'
import type { WorkloadProof } from '../identity-proof.ts'

/** What may be looked at before anybody is authenticated: never the message. */
export interface Caller {
  readonly peer: PeerIdentity
  readonly metadata: RpcMetadata
}

export type Verdict =
  | { readonly kind: 'proved'; readonly proof: WorkloadProof }
  /** The caller did not try this way. */
  | { readonly kind: 'absent' }
  /** The reason is for the log, not for the caller. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface Authenticator {
  readonly name: string
  authenticate(caller: Caller): Verdict
}

/** The first that proves wins. Throws `CA_UNAUTHENTICATED` with Istio's text; why each way failed goes to the log. */
export function authenticate(authenticators: readonly Authenticator[], caller: Caller, log: Log): WorkloadProof {
  const failures: Record<string, string> = {}
  for (const authenticator of authenticators) {
    const verdict = authenticator.authenticate(caller)
    if (verdict.kind === 'proved') return verdict.proof
    failures[authenticator.name] = verdict.kind === 'refused' ? verdict.reason : 'not presented'
  }
  log.warn({ peer: caller.peer.address, failures }, 'caller of the certificate service not authenticated')
  throw unauthenticated()
}

export function unauthenticated(): MeshwrightError {
  return new MeshwrightError('CA_UNAUTHENTICATED', { message: 'request authenticate failure' })
}
