/** What a signing request asks for, for an issuer that would grant it (RFC 2986, RFC 2985 section 5.4.2). */

import { csrError } from '../../certificates/csr-error.ts'
import { subjectAltName } from '../../certificates/extensions.ts'
import type { IdentityProof } from '../../certificates/identity-proof.ts'
import { derFromPem } from '../../certificates/pem.ts'
import { oids } from '../../der/oids.ts'
import { DerError, DerReader } from '../../der/reader.ts'
import { contextConstructed, tags } from '../../der/tags.ts'

/** `pem` has been verified. Throws `CA_CSR_INVALID` unless it asks for the names of the proof and nothing else that matters. */
export function requireOnlyItsNames(pem: string, proof: IdentityProof): void {
  const due = contentOf(subjectAltName(proof))
  let found = 0
  for (const { name, value } of requestedExtensions(pem)) {
    if (name.equals(oids.subjectAltName)) {
      found += 1
      if (!value.equals(due)) throw csrError('the request asks for other names than its sender has proved')
    } else if (!harmless.some(each => each.equals(name))) {
      throw csrError('the request asks for more than its names, and this authority would grant it')
    }
  }
  if (found !== 1) throw csrError('the request does not name its sender, and this authority takes names from there')
}

/** Usages are told beside the request. */
const harmless = [oids.keyUsage, oids.extendedKeyUsage, oids.subjectKeyIdentifier]

interface Requested {
  readonly name: Buffer
  readonly value: Buffer
}

function requestedExtensions(pem: string): readonly Requested[] {
  try {
    return attributesIn(pem)
  } catch (thrown) {
    if (thrown instanceof DerError) throw csrError(`what the request asks for does not parse: ${thrown.message}`)
    throw thrown
  }
}

function attributesIn(pem: string): readonly Requested[] {
  const info = new DerReader(derFromPem(pem, ['CERTIFICATE REQUEST']) ?? Buffer.alloc(0)).readSequence().readSequence()
  info.read(tags.integer)
  info.read(tags.sequence)
  info.read(tags.sequence)
  if (info.atEnd) return []
  const attributes = new DerReader(info.read(contextConstructed(0)).content)
  const found: Requested[] = []
  while (!attributes.atEnd) {
    const attribute = attributes.readSequence()
    const isExtensions = attribute.read(tags.oid).raw.equals(oids.extensionRequest)
    const values = new DerReader(attribute.read(tags.set).content)
    if (!isExtensions) continue
    while (!values.atEnd) found.push(...extensionsIn(values.readSequence()))
  }
  return found
}

function extensionsIn(reader: DerReader): readonly Requested[] {
  const found: Requested[] = []
  while (!reader.atEnd) {
    const extension = reader.readSequence()
    const name = extension.read(tags.oid).raw
    if (extension.peekTag() === tags.boolean) extension.readAny()
    found.push({ name, value: extension.read(tags.octetString).content })
  }
  return found
}

/** The content of a finished extension's OCTET STRING. */
function contentOf(extension: Buffer): Buffer {
  const fields = new DerReader(extension).readSequence()
  fields.read(tags.oid)
  if (fields.peekTag() === tags.boolean) fields.readAny()
  return fields.read(tags.octetString).content
}
