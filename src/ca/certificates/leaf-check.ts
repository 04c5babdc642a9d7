/**
 * The last look before the key is used: reads the finished bytes back and refuses what this authority must never sign.
 * It shares no code with the writer, so that a fault there cannot pass here.
 */

import net from 'node:net'
import { MeshwrightError } from '../../platform/errors.ts'
import { oids } from '../der/oids.ts'
import { type DerElement, DerReader } from '../der/reader.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'
import type { LeafContent } from './leaf.ts'
import type { Signer } from './signer.ts'

/** Throws `CA_CERTIFICATE_GENERATION`. */
export function requireSoundLeaf(tbs: Buffer, content: LeafContent, signer: Signer): void {
  try {
    const fault = faultOf(tbs, content, signer)
    if (fault !== undefined) throw new Error(fault)
  } catch (cause) {
    throw new MeshwrightError('CA_CERTIFICATE_GENERATION', {
      message: 'the certificate that was built is not sound',
      cause,
    })
  }
}

function faultOf(tbs: Buffer, content: LeafContent, signer: Signer): string | undefined {
  const fields = new DerReader(tbs).readSequence()
  fields.read(contextConstructed(0))
  const serialNumber = fields.read(tags.integer).content
  if (serialNumber.length !== 16 || (serialNumber[0] ?? 0) < 0x40 || (serialNumber[0] ?? 0) > 0x7f)
    return 'serial number'
  if (!fields.read(tags.sequence).raw.equals(signer.signatureAlgorithm)) return 'signature algorithm'
  if (!fields.read(tags.sequence).raw.equals(signer.subject)) return 'issuer'
  fields.read(tags.sequence)
  if (content.notBeforeMs >= content.notAfterMs || content.notAfterMs > signer.notAfterMs) return 'validity'
  if (fields.read(tags.sequence).content.length !== 0) return 'subject'
  if (!fields.read(tags.sequence).raw.equals(content.publicKey.info)) return 'public key'
  const extensions = extensionsIn(new DerReader(fields.read(contextConstructed(3)).content).readSequence())
  fields.end()
  return extensionFault(extensions, content)
}

interface ReadExtension {
  readonly name: Buffer
  readonly isCritical: boolean
  readonly value: Buffer
}

function extensionsIn(reader: DerReader): readonly ReadExtension[] {
  const found: ReadExtension[] = []
  while (!reader.atEnd) {
    const extension = reader.readSequence()
    const name = extension.read(tags.oid).raw
    const isCritical = extension.peekTag() === tags.boolean && extension.readAny().content[0] === 0xff
    found.push({ name, isCritical, value: extension.read(tags.octetString).content })
    extension.end()
  }
  return found
}

function extensionFault(extensions: readonly ReadExtension[], content: LeafContent): string | undefined {
  const due = [
    oids.keyUsage,
    oids.extendedKeyUsage,
    oids.basicConstraints,
    oids.subjectKeyIdentifier,
    oids.authorityKeyIdentifier,
    oids.subjectAltName,
  ]
  if (extensions.length !== due.length || !due.every((name, i) => extensions[i]?.name.equals(name))) return 'extensions'
  const constraints = extensions[2]
  if (constraints === undefined || !constraints.isCritical || !constraints.value.equals(emptySequence))
    return 'constraints'
  const names = extensions[5]
  if (names === undefined || !names.isCritical) return 'critical names'
  return namesFault(new DerReader(names.value).readSequence(), content)
}

function namesFault(reader: DerReader, { proof }: LeafContent): string | undefined {
  const names: DerElement[] = []
  while (!reader.atEnd) names.push(reader.readAny())
  const texts = names.map(name => name.content.toString('latin1'))
  if (proof.kind === 'workload') {
    const isOwn = names.length === 1 && names[0]?.tag === contextPrimitive(6) && texts[0] === proof.identity.uri
    return isOwn ? undefined : 'workload names'
  }
  const dnsNames = texts.filter((_, i) => names[i]?.tag === contextPrimitive(2))
  const addresses = names.filter(name => name.tag === contextPrimitive(7)).map(name => name.content.length)
  if (dnsNames.join() !== proof.dnsNames.join()) return 'DNS names'
  if (addresses.join() !== proof.ipAddresses.map(address => (net.isIPv6(address) ? 16 : 4)).join()) return 'addresses'
  return names.length === dnsNames.length + addresses.length ? undefined : 'server names'
}

const emptySequence = Buffer.from([tags.sequence, 0])
