/** Who gets no certificate: identities, keys, holders of a revoked certificate, and signers that are tainted. In memory, exact at every moment. */

import { MeshwrightError } from '../../platform/errors.ts'
import type { IdentityProof } from '../certificates/identity-proof.ts'
import type { Revocation, RevocationTarget } from './revocation.ts'

export interface Bans {
  /** Throws `CA_REVOKED`. */
  requireMayHave(proof: IdentityProof, keyFingerprint: string): void
  /** Throws `CA_REVOKED` when a leaf by this signer must not be given out. */
  requireMaySign(issuerFingerprint: string): void
}

export interface BanSources {
  readonly nowMs: () => number
  readonly inForce: () => Iterable<Revocation>
  /** The reason why it is revoked, when it is. */
  readonly reasonOf: (serialNumber: string) => string | undefined
  /** Some certificate of the key was revoked because others have it. */
  readonly isCompromised: (keyFingerprint: string) => boolean
}

export function createBans({ nowMs, inForce, reasonOf, isCompromised }: BanSources): Bans {
  const banOf = (kind: RevocationTarget['kind'], value: string): Revocation | undefined => {
    for (const revocation of inForce()) {
      if (revocation.kind === kind && revocation.value === value && isBanning(revocation, nowMs())) return revocation
    }
    return undefined
  }
  return {
    requireMayHave(proof, keyFingerprint) {
      if (proof.kind !== 'workload') return
      const { identity, evidence } = proof
      const ban = banOf('identity', identity.uri) ?? banOf('key', keyFingerprint)
      if (ban !== undefined) throw refused(`the ${ban.kind} is banned (${ban.reason})`, ban)
      if (isCompromised(keyFingerprint)) throw refused('the key is compromised')
      // A node proxy asks for others: its own ban, and that of its certificate, hold for all of them.
      const node = evidence.kind === 'node-proxy' ? banOf('identity', evidence.node) : undefined
      if (node !== undefined) throw refused(`the node proxy is banned (${node.reason})`, node)
      const shown = evidence.kind === 'node-proxy' ? evidence.by : evidence
      if (shown.kind !== 'client-certificate') return
      const reason = reasonOf(shown.serialNumber)
      if (reason !== undefined) throw refused(`the caller's certificate is revoked (${reason})`)
    },
    requireMaySign(issuerFingerprint) {
      const ban = banOf('issuer', issuerFingerprint)
      if (ban !== undefined) throw refused(`the signer is tainted (${ban.reason})`, ban)
    },
  }
}

/** Throws `CA_REVOKED`. */
export function requireNotRevoked(
  revocations: { certificate(serialNumber: string): { readonly reason: string } | undefined },
  certificate: { readonly serialNumber: string } | undefined,
): void {
  const revoked = certificate === undefined ? undefined : revocations.certificate(certificate.serialNumber)
  if (revoked !== undefined) throw refused(`the certificate is revoked (${revoked.reason})`)
}

export function isBanning({ liftedAtMs, banUntilMs }: Revocation, nowMs: number): boolean {
  return liftedAtMs === undefined && (banUntilMs === undefined || banUntilMs > nowMs)
}

function refused(message: string, ban?: Revocation): MeshwrightError {
  return new MeshwrightError('CA_REVOKED', {
    message,
    ...(ban === undefined ? {} : { facts: { kind: ban.kind, value: ban.value, revocation: ban.id } }),
  })
}
