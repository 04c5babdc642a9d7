/**
 * The signed part of a leaf certificate: empty subject, names from the proof alone, the key of the request, and the
 * same extensions for everybody. What Istio's leaves look like, plus key identifiers.
 */

import { explicit, sequence, time, unsignedInteger } from '../der/writer.ts'
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
  /** As `serialNumberFrom` makes it. */
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

/**
 * 16 bytes: 38 bits of the time in milliseconds, then those of `random`, of which there are 11 (RFC 5280 wants uniqueness,
 * the CA/Browser Forum 64 unpredictable bits). Numbers of one moment stand beside each other in the indexes by serial
 * number, so that a group of issuances writes one page of each instead of one for each issuance.
 */
export function serialNumberFrom(random: Buffer, nowMs: number): Buffer {
  const serialNumber = Buffer.allocUnsafe(16)
  serialNumber.writeUIntBE(firstSerialByte * 2 ** 32 + (nowMs % 2 ** 38), 0, 5)
  random.copy(serialNumber, 5, 0, randomSerialBytes)
  return serialNumber
}

export const randomSerialBytes = 11
/** Positive, and never shorter. */
const firstSerialByte = 0x40

const emptyName = sequence()
