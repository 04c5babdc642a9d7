/** The extensions of a finished certificate, whoever made it (RFC 5280 section 4.2). Throws a `DerError` on what is no certificate. */

import { oids } from '../der/oids.ts'
import { type DerElement, DerReader, unsignedFrom } from '../der/reader.ts'
import { contextConstructed, tags } from '../der/tags.ts'

export interface CertificateExtension {
  /** DER of the OID. */
  readonly name: Buffer
  readonly isCritical: boolean
  /** What the OCTET STRING holds. */
  readonly value: Buffer
}

/** In the order of the certificate; none for one of version 1. */
export function extensionsOf(certificate: Buffer): readonly CertificateExtension[] {
  const tbs = new DerReader(certificate).readSequence().readSequence()
  while (!tbs.atEnd && tbs.peekTag() !== contextConstructed(3)) tbs.readAny()
  if (tbs.atEnd) return []
  const reader = new DerReader(tbs.readAny().content).readSequence()
  const found: CertificateExtension[] = []
  while (!reader.atEnd) {
    const extension = reader.readSequence()
    const name = extension.read(tags.oid).raw
    const isCritical = extension.peekTag() === tags.boolean && extension.readAny().content[0] === 0xff
    found.push({ name, isCritical, value: extension.read(tags.octetString).content })
  }
  return found
}

export function extensionNamed(extensions: readonly CertificateExtension[], name: Buffer): Buffer | undefined {
  return extensions.find(extension => extension.name.equals(name))?.value
}

/** Undefined: the certificate does not restrict what its key is for. */
export function keyUsageIn(extensions: readonly CertificateExtension[]): ((bit: number) => boolean) | undefined {
  const value = extensionNamed(extensions, oids.keyUsage)
  if (value === undefined) return undefined
  const [, ...bytes] = new DerReader(value).read(tags.bitString).content
  return bit => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0
}

export interface BasicConstraints {
  readonly isAuthority: boolean
  /** How many authorities may stand below it; undefined: any number. */
  readonly longestPath: number | undefined
}

export function basicConstraintsIn(extensions: readonly CertificateExtension[]): BasicConstraints {
  const value = extensionNamed(extensions, oids.basicConstraints)
  if (value === undefined) return { isAuthority: false, longestPath: undefined }
  const fields = new DerReader(value).readSequence()
  const isAuthority = fields.peekTag() === tags.boolean && fields.readAny().content[0] === 0xff
  if (fields.atEnd) return { isAuthority, longestPath: undefined }
  const bytes = unsignedFrom(fields.read(tags.integer))
  return { isAuthority, longestPath: bytes.length > 1 ? 255 : (bytes[0] ?? 0) }
}

/** The general names as they are: `tag` says of which kind. */
export function alternativeNamesIn(extensions: readonly CertificateExtension[]): readonly DerElement[] {
  const value = extensionNamed(extensions, oids.subjectAltName)
  if (value === undefined) return []
  const reader = new DerReader(value).readSequence()
  const names: DerElement[] = []
  while (!reader.atEnd) names.push(reader.readAny())
  return names
}

/** The purposes, each the DER of its OID; undefined: any. */
export function purposesIn(extensions: readonly CertificateExtension[]): readonly Buffer[] | undefined {
  const value = extensionNamed(extensions, oids.extendedKeyUsage)
  if (value === undefined) return undefined
  const reader = new DerReader(value).readSequence()
  const purposes: Buffer[] = []
  while (!reader.atEnd) purposes.push(reader.read(tags.oid).raw)
  return purposes
}
