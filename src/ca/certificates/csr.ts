/**
 * Reads a certificate signing request (PKCS #10, RFC 2986) and verifies its proof of possession. Only the public key
 * is taken from it: who the certificate is for comes from the caller's proof of identity, so the subject and all that
 * the request asks for are skipped, whatever they say.
 */

import { verify } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'
import { oids } from '../der/oids.ts'
import { DerError, DerReader, unsignedFrom, wholeBytesFrom } from '../der/reader.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { derNull } from '../der/writer.ts'
import { csrError } from './csr-error.ts'
import { derFromPem, pemFromDer } from './pem.ts'
import { type KeyRules, openedKey, type SubjectPublicKey, strictKeyRules, subjectPublicKeyFrom } from './public-key.ts'

/** A key whose private half the requester has shown to hold. */
export interface VerifiedRequest {
  readonly publicKey: SubjectPublicKey
}

/** Throws `CA_CSR_INVALID` and nothing else. Cost: mostly one signature verification. */
export function verifyCsr(pem: string, rules: KeyRules = strictKeyRules): VerifiedRequest {
  if (pem.length > longestCsrBytes) throw csrError(`the request is longer than ${longestCsrBytes} bytes`)
  const der = derFromPem(pem, requestLabels)
  if (der === undefined) throw csrError('certificate signing request is not properly encoded: one PEM block is due')
  try {
    return { publicKey: { ...verifiedKey(der, rules), request: () => pemFromDer('CERTIFICATE REQUEST', der) } }
  } catch (thrown) {
    if (thrown instanceof MeshwrightError) throw thrown
    if (thrown instanceof DerError) throw csrError(`failed to parse the request: ${thrown.message}`)
    throw csrError('failed to parse the request', thrown)
  }
}

/** Of PEM blocks. */
export const requestLabels: readonly string[] = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']

/** An RSA-4096 request is 1.7 KB. */
const longestCsrBytes = 16 * 1024

const signatureAlgorithms = [
  { name: oids.ecdsaWithSha256, kind: 'ec', hash: 'sha256' },
  { name: oids.ecdsaWithSha384, kind: 'ec', hash: 'sha384' },
  { name: oids.ecdsaWithSha512, kind: 'ec', hash: 'sha512' },
  { name: oids.sha256WithRsa, kind: 'rsa', hash: 'sha256' },
  { name: oids.sha384WithRsa, kind: 'rsa', hash: 'sha384' },
  { name: oids.sha512WithRsa, kind: 'rsa', hash: 'sha512' },
  { name: oids.ed25519, kind: 'ed25519', hash: null },
] as const

function verifiedKey(der: Buffer, rules: KeyRules): SubjectPublicKey {
  const outer = new DerReader(der)
  const request = outer.readSequence()
  outer.end()
  const signed = request.read(tags.sequence)
  const algorithm = signatureAlgorithmFrom(request.readSequence())
  const signature = wholeBytesFrom(request.read(tags.bitString))
  request.end()

  const publicKey = publicKeyFrom(new DerReader(signed.content), rules)
  if (publicKey.kind !== algorithm.kind) throw csrError('the signature is of another kind than the key')
  if (!verify(algorithm.hash, signed.raw, openedKey(publicKey), signature)) {
    throw csrError('the signature of the request was not made by its key')
  }
  return publicKey
}

function publicKeyFrom(info: DerReader, rules: KeyRules): SubjectPublicKey {
  const version = unsignedFrom(info.read(tags.integer))
  if (version.length !== 1 || version[0] !== 0) throw csrError('the request is not of version 1')
  info.read(tags.sequence)
  const publicKey = subjectPublicKeyFrom(info.read(tags.sequence), rules)
  // Attributes are not optional in RFC 2986, but OpenSSL and Go take requests without them.
  if (!info.atEnd) info.read(contextConstructed(0))
  info.end()
  return publicKey
}

function signatureAlgorithmFrom(identifier: DerReader): (typeof signatureAlgorithms)[number] {
  const name = identifier.read(tags.oid).raw
  const known = signatureAlgorithms.find(algorithm => algorithm.name.equals(name))
  if (known === undefined) {
    throw csrError('the signature algorithm is none of ECDSA or RSA PKCS #1 with SHA-256, 384, 512, or Ed25519')
  }
  // RFC 5758: absent with ECDSA. RFC 4055: NULL with RSA, and absent must be taken too.
  const rest = identifier.atEnd ? undefined : identifier.readAny().raw
  identifier.end()
  if (rest !== undefined && !(known.kind === 'rsa' && rest.equals(derNull))) {
    throw csrError('the signature algorithm has unexpected parameters')
  }
  return known
}
