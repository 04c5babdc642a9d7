/**
 * The signed part of a leaf certificate: empty subject, names from the proof alone, the key of the request, and the
 * same extensions for everybody. What Istio's leaves look like, plus key identifiers.
 */

import { explicit, sequence, time, unsignedInteger } from './der/writer.ts'
import {
  authorityKeyIdentifier,
  leafBasicConstraints,
  leafKeyUsage,
  serverAndClientAuth,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts'
import type { IdentityProof } from './identity-proof.ts'
import type { SubjectPublicKey } from './public-key.ts'
import type { Signer } from './signer.ts'

export interface LeafContent {
  readonly proof: IdentityProof
  readonly publicKey: SubjectPublicKey
  /** 16 bytes, the first from 0x40 to 0x7f, so that it is positive and never shorter. */
  readonly serialNumber: Buffer
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** TBSCertificate of RFC 5280 section 4.1, version 3. */
export function leafTbs(content: LeafContent, signer: Signer): Buffer {
  return sequence(
    version3,
    unsignedInteger(content.serialNumber),
    signer.signatureAlgorithm,
    signer.subject,
    sequence(time(content.notBeforeMs), time(content.notAfterMs)),
    emptyName,
    content.publicKey.info,
    explicit(
      3,
      sequence(
        leafKeyUsage,
        serverAndClientAuth,
        leafBasicConstraints,
        subjectKeyIdentifier(content.publicKey.identifier),
        authorityKeyIdentifier(signer.keyIdentifier),
        subjectAltName(content.proof),
      ),
    ),
  )
}

export const version3: Buffer = explicit(0, unsignedInteger(Buffer.from([2])))

export function serialNumberFrom(random: Buffer): Buffer {
  const serialNumber = Buffer.from(random)
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x3f) | 0x40
  return serialNumber
}

const emptyName = sequence()
