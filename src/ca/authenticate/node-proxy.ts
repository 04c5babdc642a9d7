/**
 * A proxy that serves a whole node asks for the certificates of the workloads on it. Who may do so only a platform can
 * tell: which pods run where. Without somebody to ask, nobody may.
 */

import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { parseSpiffeId, type SpiffeId } from '../../platform/spiffe.ts'
import { prove, type WorkloadProof } from '../certificates/identity-proof.ts'

export interface NodeAuthorizer {
  /**
   * Whether `node`, already authenticated, is a node proxy that is trusted, and a workload of `identity` runs on the same
   * node. Rejects when it cannot be told now.
   */
  mayRepresent(node: WorkloadProof, identity: SpiffeId): Promise<NodeVerdict>
}

export type NodeVerdict = { readonly kind: 'permitted' } | { readonly kind: 'refused'; readonly reason: string }

/** Throws `CA_IMPERSONATION_REFUSED` with Istio's text, and `CA_CALLER_UNVERIFIABLE`; the reason goes to the log. */
export async function proveRepresented(
  node: WorkloadProof,
  asked: string,
  { authorizer, log }: { readonly authorizer: NodeAuthorizer | undefined; readonly log: Log },
): Promise<WorkloadProof> {
  const refuse = (reason: string): MeshwrightError => {
    log.warn({ node: node.identity.uri, asked, reason, peer: node.peerAddress }, 'impersonation refused')
    return new MeshwrightError('CA_IMPERSONATION_REFUSED', { message: 'request impersonation authentication failure' })
  }
  if (authorizer === undefined) throw refuse('nobody is configured to permit it')
  const identity = identityFrom(asked)
  if (identity === undefined) throw refuse('it is no SPIFFE id')
  if (identity.trustDomain !== node.identity.trustDomain) throw refuse('it is of another trust domain')
  const verdict = await authorizer.mayRepresent(node, identity).catch((cause: unknown) => {
    log.warn({ node: node.identity.uri, asked, err: cause }, 'impersonation cannot be decided')
    throw new MeshwrightError('CA_CALLER_UNVERIFIABLE', {
      message: 'whether this is permitted cannot be told now; try again',
      retryAfterMs: 1000,
      cause,
    })
  })
  if (verdict.kind === 'refused') throw refuse(verdict.reason)
  const evidence = { kind: 'node-proxy', node: node.identity.uri, by: node.evidence } as const
  return prove({ kind: 'workload', identity, evidence, peerAddress: node.peerAddress })
}

function identityFrom(text: string): SpiffeId | undefined {
  try {
    return parseSpiffeId(text)
  } catch {
    return undefined
  }
}
