/**
 * Whether a certificate signing request asks for names at all. What it asks for is never granted, but servers of Istio's
 * first releases refused a request without them, and node agents of that time are served as they were.
 */

import { oids } from '../der/oids.ts'
import { DerError, DerReader } from '../der/reader.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { requestLabels } from './csr.ts'
import { derFromPem } from './pem.ts'

/** Why no names can be read; undefined when they can, or when the request is none (verifying it says so better). */
export function requestedNamesFault(pem: string): string | undefined {
  const der = derFromPem(pem, requestLabels)
  if (der === undefined) return undefined
  try {
    const info = new DerReader(der).readSequence().readSequence()
    info.read(tags.integer)
    info.read(tags.sequence)
    info.read(tags.sequence)
    if (info.atEnd) return missing
    return hasNames(new DerReader(info.read(contextConstructed(0)).content)) ? undefined : missing
  } catch (thrown) {
    if (thrown instanceof DerError) return thrown.message
    throw thrown
  }
}

const missing = 'the SAN extension does not exist'

function hasNames(attributes: DerReader): boolean {
  while (!attributes.atEnd) {
    const attribute = attributes.readSequence()
    const isRequest = attribute.read(tags.oid).raw.equals(oids.extensionRequest)
    const values = attribute.read(tags.set)
    if (isRequest && hasNamesExtension(new DerReader(values.content).readSequence())) return true
  }
  return false
}

function hasNamesExtension(extensions: DerReader): boolean {
  while (!extensions.atEnd) {
    if (extensions.readSequence().read(tags.oid).raw.equals(oids.subjectAltName)) return true
  }
  return false
}
