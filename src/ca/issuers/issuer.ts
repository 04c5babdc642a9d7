/**
 * Who signs behind the gate: the built-in authority now, others (a plug-in root, Vault, another authority over gRPC)
 * by the same interface. Only the gate (issue.ts) calls it.
 */

import { hash } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'
import type { IdentityProof } from '../certificates/identity-proof.ts'
import { leafTbs, randomSerialBytes, serialNumberFrom } from '../certificates/leaf.ts'
import { requireSoundLeaf } from '../certificates/leaf-check.ts'
import { pemFromDer } from '../certificates/pem.ts'
import type { SubjectPublicKey } from '../certificates/public-key.ts'
import { type Signer, signedDer } from '../certificates/signer.ts'
import { backdatedMs } from '../certificates/ttl.ts'
import type { Cryptography } from '../cryptography/cryptography.ts'

export interface LeafRequest {
  readonly publicKey: SubjectPublicKey
  readonly nowMs: number
  /** Granted already; the issuer only cuts it to its own end. */
  readonly ttlMs: number
}

export interface IssuedChain {
  readonly leafPem: string
  /** From the leaf's issuer upwards, without roots; one PEM block each. */
  readonly intermediatePems: readonly string[]
  /** SHA-256 of the leaf's DER, lower-case hexadecimal. */
  readonly digest: string
  /** Upper-case hexadecimal. */
  readonly serialNumber: string
  readonly notAfterMs: number
  /** SHA-256 of the DER of the certificate that signed the leaf, lower-case hexadecimal. */
  readonly issuerFingerprint: string
}

export interface Issuer {
  /** `proof` is genuine. Throws `CA_NOT_READY` or `CA_CERTIFICATE_GENERATION`. */
  issue(request: LeafRequest, proof: IdentityProof): Promise<IssuedChain>
}

/** A signer that may stand under others. Its `notAfterMs` is the earliest end among them. */
export interface ChainedSigner extends Signer {
  /** Its own certificate and those above it, without roots; absent when it is a root. */
  readonly intermediatePems?: readonly string[]
}

export interface BuiltInIssuerOptions {
  readonly signer: () => ChainedSigner
  readonly cryptography: Pick<Cryptography, 'sign'>
  readonly randomBytes: (count: number) => Buffer
}

/** Build, check, sign. */
export function builtInIssuer({ signer, cryptography, randomBytes }: BuiltInIssuerOptions): Issuer {
  return {
    async issue({ publicKey, nowMs, ttlMs }, proof) {
      const by = signer()
      if (nowMs >= by.notAfterMs) throw expired(by)
      const serialNumber = serialNumberFrom(randomBytes(randomSerialBytes), nowMs)
      // A root made a moment ago on this clock is backdated too, so the leaf never begins before it.
      const notBeforeMs = Math.max(nowMs - backdatedMs, by.notBeforeMs)
      const notAfterMs = Math.min(wholeSeconds(nowMs + ttlMs), by.notAfterMs)
      const content = { proof, publicKey, serialNumber, notBeforeMs, notAfterMs }
      const tbs = leafTbs(content, by)
      requireSoundLeaf(tbs, content, by)
      const der = signedDer(tbs, by, await cryptography.sign(by.signingKey, tbs))
      return {
        leafPem: pemFromDer('CERTIFICATE', der),
        intermediatePems: by.intermediatePems ?? [],
        digest: hash('sha256', der, 'hex'),
        serialNumber: serialNumber.toString('hex').toUpperCase(),
        notAfterMs,
        issuerFingerprint: by.fingerprint,
      }
    },
  }
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

function expired(signer: Signer): MeshwrightError {
  return new MeshwrightError('CA_NOT_READY', {
    message: `the signing certificate expired at ${new Date(signer.notAfterMs).toISOString()}`,
    remedy: 'Check the clock of this machine, or rotate the root.',
    facts: { fingerprint: signer.fingerprint },
  })
}
