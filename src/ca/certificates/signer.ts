/**
 * A certificate with its private key, as something that signs. Only roots.ts and the built-in issuer hold one.
 */

import { type KeyObject, sign, X509Certificate } from 'node:crypto'
import { oids } from '../der/oids.ts'
import { DerReader } from '../der/reader.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { bitString, derNull, sequence } from '../der/writer.ts'
import { pemFromDer } from './pem.ts'
import { subjectPublicKeyFrom } from './public-key.ts'

export interface Signer {
  readonly certificatePem: string
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string
  /** DER of its subject, byte for byte: it becomes the issuer of what it signs. */
  readonly subject: Buffer
  readonly keyIdentifier: Buffer
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** DER of the AlgorithmIdentifier that goes into what it signs. */
  readonly signatureAlgorithm: Buffer
  sign(bytes: Uint8Array): Buffer
  /** For whoever signs elsewhere than here. */
  readonly signingKey: SigningKey
}

export interface SigningKey {
  readonly key: KeyObject
  readonly hash: 'sha256' | 'sha384'
}

/** `certificatePem` was made by this program, or checked when it was taken over. */
export function signerFrom(certificatePem: string, key: KeyObject): Signer {
  const certificate = new X509Certificate(certificatePem)
  const { subject, keyIdentifier } = namesIn(certificate.raw)
  return {
    certificatePem: pemFromDer('CERTIFICATE', certificate.raw),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject,
    keyIdentifier,
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    ...signingBy(key),
  }
}

/** How a key of this kind signs here: with the hash of its curve's strength, and with SHA-256 for RSA. */
export function signingBy(key: KeyObject): Pick<Signer, 'signatureAlgorithm' | 'sign' | 'signingKey'> {
  const { hash, signatureAlgorithm } = algorithmOf(key)
  const signingKey = { key, hash }
  return { signatureAlgorithm, sign: bytes => signatureBy(signingKey, bytes), signingKey }
}

function algorithmOf(key: KeyObject): { readonly hash: SigningKey['hash']; readonly signatureAlgorithm: Buffer } {
  if (key.asymmetricKeyType === 'rsa') {
    return { hash: 'sha256', signatureAlgorithm: sequence(oids.sha256WithRsa, derNull) }
  }
  if (key.asymmetricKeyDetails?.namedCurve === 'secp384r1') {
    return { hash: 'sha384', signatureAlgorithm: sequence(oids.ecdsaWithSha384) }
  }
  return { hash: 'sha256', signatureAlgorithm: sequence(oids.ecdsaWithSha256) }
}

export function signatureBy({ key, hash }: SigningKey, bytes: Uint8Array): Buffer {
  return sign(hash, bytes, key)
}

/** A finished certificate (DER) from its signed part. */
export function certificateDer(tbs: Buffer, signer: Pick<Signer, 'signatureAlgorithm' | 'sign'>): Buffer {
  return signedDer(tbs, signer, signer.sign(tbs))
}

/** The same with a signature made before. */
export function signedDer(tbs: Buffer, signer: Pick<Signer, 'signatureAlgorithm'>, signature: Uint8Array): Buffer {
  return sequence(tbs, signer.signatureAlgorithm, bitString(signature))
}

/** The subject, and the SubjectKeyIdentifier; a certificate without that extension gets the one that ours would have. */
export function namesIn(der: Buffer): { subject: Buffer; keyIdentifier: Buffer } {
  const tbs = new DerReader(der).readSequence().readSequence()
  if (tbs.peekTag() === contextConstructed(0)) tbs.readAny()
  tbs.read(tags.integer)
  // signature, issuer, validity
  for (let field = 0; field < 3; field += 1) tbs.read(tags.sequence)
  const subject = tbs.read(tags.sequence).raw
  const publicKey = subjectPublicKeyFrom(tbs.read(tags.sequence))
  while (!tbs.atEnd && tbs.peekTag() !== contextConstructed(3)) tbs.readAny()
  const extensions = tbs.atEnd ? undefined : new DerReader(tbs.readAny().content).readSequence()
  while (extensions !== undefined && !extensions.atEnd) {
    const extension = extensions.readSequence()
    if (!extension.read(tags.oid).raw.equals(oids.subjectKeyIdentifier)) continue
    const value = new DerReader(extension.read(tags.octetString).content)
    return { subject, keyIdentifier: value.read(tags.octetString).content }
  }
  return { subject, keyIdentifier: publicKey.identifier }
}
