/**
 * The agent's keys and certificate signing requests (PKCS#10, RFC 2986): no subject, one URI SAN, signed with SHA-256.
 * Written directly in DER, which for so small a message is shorter than a library and keeps the agent small.
 */

import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'

export type KeyKind = 'ec-p256' | 'rsa-2048'

export async function generateKey(kind: KeyKind): Promise<KeyObject> {
  const pair =
    kind === 'ec-p256'
      ? await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
      : await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return pair.privateKey
}

/** PKCS#8. */
export function formatKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** PEM. `uri` is the only name that is asked for. */
export function certificateRequest(key: KeyObject, uri: string): string {
  const body = sequence(
    tagged(0x02, Buffer.from([0])), // version
    sequence(), // subject
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    tagged(0xa0, sequence(extensionRequest, set(sequence(subjectAlternativeName(uri))))),
  )
  const signature = sign('sha256', body, key)
  const algorithm = key.asymmetricKeyType === 'ec' ? ecdsaWithSha256 : rsaWithSha256
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n')
}

function subjectAlternativeName(uri: string): Buffer {
  const names = sequence(tagged(0x86, Buffer.from(uri, 'ascii')))
  // Critical, because the subject is empty (RFC 5280 section 4.2.1.6).
  return sequence(objectIdentifier('551d11'), tagged(0x01, Buffer.from([0xff])), tagged(0x04, names))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts))
}

function objectIdentifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'))
}

function tagged(tag: number, content: Buffer): Buffer {
  const length = content.length
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff] // a request of 64 KB cannot arise
  return Buffer.concat([Buffer.from(head), content])
}

/** 1.2.840.113549.1.9.14 */
const extensionRequest = objectIdentifier('2a864886f70d01090e')
/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = sequence(objectIdentifier('2a8648ce3d040302'))
/** 1.2.840.113549.1.1.11, parameters NULL */
const rsaWithSha256 = sequence(objectIdentifier('2a864886f70d01010b'), tagged(0x05, Buffer.alloc(0)))
