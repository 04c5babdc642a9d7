/**
 * Proof that somebody is who a certificate will say. The gate (issue.ts) takes nothing else, and only the authenticators
 * (the files in authenticate/, which a test holds to be the only importers of `prove`) make one. At run time a proof is
 * known by its object, so nothing that merely looks like one passes.
 */

import { MeshwrightError } from '../../platform/errors.ts'
import type { SpiffeId } from '../../platform/spiffe.ts'

declare const brand: unique symbol

export type IdentityProof = WorkloadProof | ServerProof

export interface WorkloadClaim {
  readonly kind: 'workload'
  readonly identity: SpiffeId
  readonly evidence: WorkloadEvidence
  readonly peerAddress: string
}

/** The daemon itself: names it is reached by, no workload identity. */
export interface ServerClaim {
  readonly kind: 'server'
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

export type WorkloadEvidence =
  | { readonly kind: 'client-certificate'; readonly serialNumber: string }
  | { readonly kind: 'join-token'; readonly tokenId: string }
  /** The admin credential. */
  | { readonly kind: 'administrator' }
  | { readonly kind: 'oidc-token'; readonly issuer: string; readonly subject: string }
  /** Another server verified it. `hash`: SHA-256 of it, lower-case hexadecimal; '' when that was not told. */
  | { readonly kind: 'forwarded-certificate'; readonly hash: string }
  /** The proxy of the node, `node`, for a workload there. */
  | { readonly kind: 'node-proxy'; readonly node: string; readonly by: WorkloadEvidence }

export type EvidenceKind = WorkloadEvidence['kind']

export type WorkloadProof = WorkloadClaim & { readonly [brand]: true }
export type ServerProof = ServerClaim & { readonly [brand]: true }

export function prove<C extends WorkloadClaim | ServerClaim>(claim: C): C & { readonly [brand]: true } {
  const proof: C = { ...claim }
  Object.freeze(proof)
  genuine.add(proof)
  // The brand exists only in the type; membership in `genuine` is what it stands for.
  return proof as C & { readonly [brand]: true }
}

/** What tells one piece of evidence of its kind from another, in one line. */
export function evidenceDetail(evidence: WorkloadEvidence): string {
  switch (evidence.kind) {
    case 'client-certificate':
      return evidence.serialNumber
    case 'join-token':
      return evidence.tokenId
    case 'oidc-token':
      return `${evidence.issuer} ${evidence.subject}`
    case 'forwarded-certificate':
      return evidence.hash
    case 'node-proxy':
      return evidence.node
    case 'administrator':
      return ''
  }
}

/** Throws unless an authenticator made it. */
export function requireGenuine(proof: IdentityProof): void {
  if (genuine.has(proof)) return
  throw new MeshwrightError('INTERNAL', { message: 'a certificate was asked for without a proof of identity' })
}

const genuine = new WeakSet<object>()
