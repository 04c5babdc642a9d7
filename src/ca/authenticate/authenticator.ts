/** One way to prove who calls the certificate service, and the order in which the ways are tried. */

import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { PeerIdentity, RpcMetadata } from '../../platform/rpc.ts'
import type { WorkloadProof } from '../certificates/identity-proof.ts'

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
  /** It cannot be told now, and may be another time: a key server is down. The caller should come back. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface Authenticator {
  readonly name: string
  authenticate(caller: Caller): Verdict | Promise<Verdict>
}

/**
 * The first that proves wins. Throws `CA_UNAUTHENTICATED` with Istio's text, or `CA_CALLER_UNVERIFIABLE`, on which clients
 * come back, when one of the ways could not be tried; why each way failed goes to the log.
 */
export async function authenticate(
  authenticators: readonly Authenticator[],
  caller: Caller,
  log: Log,
): Promise<WorkloadProof> {
  const failures: Record<string, string> = {}
  let mayPass = false
  for (const authenticator of authenticators) {
    const verdict = await authenticator.authenticate(caller)
    if (verdict.kind === 'proved') return verdict.proof
    if (verdict.kind === 'unavailable') mayPass = true
    failures[authenticator.name] = verdict.kind === 'absent' ? 'not presented' : verdict.reason
  }
  log.warn({ peer: caller.peer.address, failures }, 'caller of the certificate service not authenticated')
  throw mayPass ? unverifiable() : unauthenticated()
}

export function unauthenticated(): MeshwrightError {
  return new MeshwrightError('CA_UNAUTHENTICATED', { message: 'request authenticate failure' })
}

function unverifiable(): MeshwrightError {
  return new MeshwrightError('CA_CALLER_UNVERIFIABLE', {
    message: 'the credential cannot be verified now; try again',
    retryAfterMs: 1000,
  })
}
