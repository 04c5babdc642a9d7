/** Certificates of authorities made here: a root for a key, and a key that another root vouches for (RFC 5280 section 4). */

import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import {
  authorityBasicConstraints,
  authorityKeyIdentifier,
  rootKeyUsage,
  subjectKeyIdentifier,
} from '../certificates/extensions.ts'
import { randomSerialBytes, serialNumberFrom, version3 } from '../certificates/leaf.ts'
import { pemFromDer } from '../certificates/pem.ts'
import { subjectPublicKeyFrom } from '../certificates/public-key.ts'
import { certificateDer, type Signer, signingBy } from '../certificates/signer.ts'
import { oids } from '../der/oids.ts'
import { DerReader } from '../der/reader.ts'
import { tags } from '../der/tags.ts'
import { explicit, sequence, setOf, time, unsignedInteger, utf8String } from '../der/writer.ts'

export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** DER of the name. `commonName` tells the roots of a mesh apart, also for those who look at names alone. */
export function rootName(trustDomain: string, commonName: string | undefined): Buffer {
  const organization = setOf(sequence(oids.organizationName, utf8String(trustDomain.slice(0, longestName))))
  if (commonName === undefined) return sequence(organization)
  return sequence(organization, setOf(sequence(oids.commonName, utf8String(commonName))))
}

/** PEM. */
export function selfSigned(key: KeyObject, name: Buffer, validity: Validity): string {
  const { identifier } = publicKeyOf(key)
  const by = { ...signingBy(key), subject: name, keyIdentifier: identifier }
  return authorityPem({ key, name, validity, by })
}

/** PEM: the key and name of one root, signed by another; it ends with the earlier of the two. */
export function crossSigned(of: { readonly key: KeyObject; readonly signer: Signer }, by: Signer): string {
  const validity = {
    notBeforeMs: Math.max(of.signer.notBeforeMs, by.notBeforeMs),
    notAfterMs: Math.min(of.signer.notAfterMs, by.notAfterMs),
  }
  return authorityPem({ key: of.key, name: of.signer.subject, validity, by })
}

interface AuthorityCertificate {
  readonly key: KeyObject
  readonly name: Buffer
  readonly validity: Validity
  readonly by: Pick<Signer, 'signatureAlgorithm' | 'sign' | 'subject' | 'keyIdentifier'>
}

function authorityPem({ key, name, validity, by }: AuthorityCertificate): string {
  const { info, identifier } = publicKeyOf(key)
  const extensions = sequence(
    rootKeyUsage,
    authorityBasicConstraints,
    subjectKeyIdentifier(identifier),
    authorityKeyIdentifier(by.keyIdentifier),
  )
  const tbs = sequence(
    version3,
    unsignedInteger(serialNumberFrom(randomBytes(randomSerialBytes), validity.notBeforeMs)),
    by.signatureAlgorithm,
    by.subject,
    sequence(time(validity.notBeforeMs), time(validity.notAfterMs)),
    name,
    info,
    explicit(3, extensions),
  )
  return pemFromDer('CERTIFICATE', certificateDer(tbs, by))
}

function publicKeyOf(key: KeyObject): { readonly info: Buffer; readonly identifier: Buffer } {
  const info = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { info, identifier: subjectPublicKeyFrom(new DerReader(info).read(tags.sequence)).identifier }
}

/** ub-organization-name of RFC 5280; trust domains may be longer. */
const longestName = 64
