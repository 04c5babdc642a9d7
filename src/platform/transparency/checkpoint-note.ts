/**
 * Signed checkpoints as text: C2SP's tlog-checkpoint in its signed note. Origin, size and root on a line each, a blank
 * line, and a signature line with the key's name. https://c2sp.org/tlog-checkpoint https://c2sp.org/signed-note
 */

import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { MeshwrightError } from '../errors.ts'

export interface Checkpoint {
  /** Names the log; also the name of the key. Printable, no blanks, no `+`. */
  readonly origin: string
  readonly treeSize: number
  readonly rootHash: Buffer
  /** Ed25519 over `checkpointText`: 64 bytes. */
  readonly signature: Buffer
}

/** What is signed. */
export function checkpointText({ origin, treeSize, rootHash }: Omit<Checkpoint, 'signature'>): string {
  return `${origin}\n${treeSize}\n${rootHash.toString('base64')}\n`
}

export function formatCheckpoint(checkpoint: Checkpoint, publicKey: Buffer): string {
  const { origin, signature } = checkpoint
  const line = Buffer.concat([keyId(origin, publicKey), signature]).toString('base64')
  return `${checkpointText(checkpoint)}\n— ${origin} ${line}\n`
}

/** The first signature by a key of the origin's name counts. Does not verify it. Throws `LOG_PROOF_INVALID`. */
export function parseCheckpoint(note: string): Checkpoint {
  const split = note.indexOf('\n\n')
  const [origin = '', size = '', root = '', ...more] = note.slice(0, Math.max(0, split)).split('\n')
  if (origin === '' || more.length > 0 || !/^(?:0|[1-9]\d{0,15})$/.test(size))
    throw invalid('it has not the form of one')
  const rootHash = bytesFrom(root, 32)
  const line = note
    .slice(split + 2)
    .split('\n')
    .find(candidate => candidate.startsWith(`— ${origin} `))
  if (line === undefined) throw invalid(`it has no signature by ${origin}`)
  const signature = bytesFrom(line.slice(`— ${origin} `.length), 68).subarray(4)
  return { origin, treeSize: Number(size), rootHash, signature }
}

/** `NAME+ID+KEY`, as tools of C2SP's kind take it. */
export function formatVerifierKey(origin: string, publicKey: Buffer): string {
  const key = Buffer.concat([ed25519Kind, publicKey]).toString('base64')
  return `${origin}+${keyId(origin, publicKey).toString('hex')}+${key}`
}

/** The 32 bytes of the key in a verifier key. Throws `LOG_PROOF_INVALID`. */
export function parseVerifierKey(text: string): { readonly origin: string; readonly publicKey: Buffer } {
  const [origin = '', id, ...key] = text.trim().split('+')
  const bytes = Buffer.from(key.join('+'), 'base64')
  const publicKey = bytes.subarray(1)
  if (bytes.length !== 33 || bytes[0] !== ed25519Kind[0] || id !== keyId(origin, publicKey).toString('hex')) {
    throw invalid('the verifier key has not the form NAME+ID+KEY of an Ed25519 key')
  }
  return { origin, publicKey }
}

/** `publicKey`: 32 bytes; by others nothing is signed. */
export function isSignedBy(checkpoint: Checkpoint, publicKey: Buffer): boolean {
  const { signature } = checkpoint
  if (signature.length !== 64 || publicKey.length !== 32) return false
  return verify(null, Buffer.from(checkpointText(checkpoint)), keyFrom(publicKey), signature)
}

/** RFC 8410: what stands before the 32 bytes in a SubjectPublicKeyInfo. */
export const ed25519InfoPrefix: Buffer = Buffer.from('302a300506032b6570032100', 'hex')

const ed25519Kind = Buffer.from([1])

function keyFrom(publicKey: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([ed25519InfoPrefix, publicKey]), format: 'der', type: 'spki' })
}

function keyId(name: string, publicKey: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(`${name}\n`), ed25519Kind, publicKey])
  return hash('sha256', named, 'buffer').subarray(0, 4)
}

function bytesFrom(base64: string, length: number): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  // Node skips what is not base64: only the one spelling counts.
  if (bytes.length !== length || bytes.toString('base64') !== base64) throw invalid('a hash or a signature is damaged')
  return bytes
}

function invalid(reason: string): MeshwrightError {
  return new MeshwrightError('LOG_PROOF_INVALID', { message: `the checkpoint cannot be used: ${reason}` })
}
