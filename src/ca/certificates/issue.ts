/**
 * The gate: the only way to a certificate. It takes a proof that only an authenticator can make, binds a join token to
 * the key, has the leaf built, checked and signed, and answers when the issuance is on disk.
 *
 *   proof ─▶ genuine? ─▶ open? ─▶ banned? ─▶ ttl ─▶ token bound to key ─▶ Issuer (build ▸ check ▸ sign) ─▶ log on disk ─▶ chain
 */

import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { IssuedChain, Issuer } from '../issuers/issuer.ts'
import type { JoinTokens } from '../join-tokens.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import type { Bans } from '../revocation/bans.ts'
import type { Issuance, TokenBinding } from '../store/store.ts'
import { evidenceDetail, type IdentityProof, requireGenuine } from './identity-proof.ts'
import type { SubjectPublicKey } from './public-key.ts'
import { grantedTtlMs, type TtlLimits } from './ttl.ts'

export interface Gate {
  /**
   * `publicKey` is one whose possession has been shown. `ttlMs` as asked for; not positive means the default. Throws
   * `CA_TTL_TOO_LONG`, `CA_NOT_READY`, `CA_CERTIFICATE_GENERATION`, `JOIN_TOKEN_REFUSED`, `DATABASE_WRITE_FAILED`,
   * `CA_CLOSED_AFTER_RESTORE`, `CA_REVOKED`.
   */
  issue(proof: IdentityProof, publicKey: SubjectPublicKey, ttlMs: number): Promise<IssuedChain>
}

export interface GateOptions {
  readonly issuer: Issuer
  readonly transparency: Pick<TransparencyLog, 'recordIssuance' | 'restorePending'>
  readonly joinTokens: JoinTokens
  readonly bans: Bans
  readonly clock: Clock
  readonly limits: TtlLimits
}

export function createGate(options: GateOptions): Gate {
  const { issuer, transparency, joinTokens, bans, clock, limits } = options
  return {
    async issue(proof, publicKey, ttlMs) {
      requireGenuine(proof)
      requireOpen(proof, transparency)
      bans.requireMayHave(proof, publicKey.fingerprint)
      const granted = grantedTtlMs(ttlMs, limits)
      const binding = bindingOf(proof, publicKey, joinTokens)
      const nowMs = clock.now()
      const issued = await issuer.issue({ publicKey, nowMs, ttlMs: granted }, proof)
      // Again: what is banned from here on finds this issuance in the log, because it is written before anything else.
      bans.requireMayHave(proof, publicKey.fingerprint)
      bans.requireMaySign(issued.issuerFingerprint)
      await transparency.recordIssuance(issuanceOf(proof, publicKey, issued, nowMs), binding)
      if (binding !== undefined) joinTokens.recorded(binding)
      return issued
    },
  }
}

/** The daemon's own certificate is made all the same, or nobody could confirm. */
function requireOpen(proof: IdentityProof, { restorePending }: GateOptions['transparency']): void {
  if (restorePending === undefined || proof.kind === 'server') return
  throw new MeshwrightError('CA_CLOSED_AFTER_RESTORE', {
    message: 'nothing is issued until the restore of the database is confirmed',
    remedy: 'See that what was revoked after the backup is revoked again, then run `meshwright ca confirm-restore`.',
    facts: { ...restorePending },
  })
}

function bindingOf(proof: IdentityProof, publicKey: SubjectPublicKey, tokens: JoinTokens): TokenBinding | undefined {
  if (proof.kind !== 'workload' || proof.evidence.kind !== 'join-token') return undefined
  return tokens.bind(proof.evidence.tokenId, publicKey.fingerprint)
}

function issuanceOf(proof: IdentityProof, publicKey: SubjectPublicKey, issued: IssuedChain, nowMs: number): Issuance {
  return {
    serialNumber: issued.serialNumber,
    issuedAtMs: nowMs,
    notAfterMs: issued.notAfterMs,
    keyFingerprint: publicKey.fingerprint,
    digest: issued.digest,
    issuerFingerprint: issued.issuerFingerprint,
    ...subjectOf(proof),
  }
}

function subjectOf(proof: IdentityProof): Pick<Issuance, 'identity' | 'evidence' | 'evidenceDetail' | 'peerAddress'> {
  if (proof.kind === 'server') {
    const identity = [...proof.dnsNames, ...proof.ipAddresses].join()
    return { identity, evidence: 'own-server', evidenceDetail: '', peerAddress: '' }
  }
  const { evidence, identity, peerAddress } = proof
  return { identity: identity.uri, evidence: evidence.kind, evidenceDetail: evidenceDetail(evidence), peerAddress }
}
