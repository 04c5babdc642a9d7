/** The key that signs checkpoints: Ed25519, made at the first start, sealed in the store beside the authority's other secrets. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import {
  type Checkpoint,
  checkpointText,
  ed25519InfoPrefix,
  formatCheckpoint,
  formatVerifierKey,
  isSignedBy,
} from '../../platform/transparency/checkpoint-note.ts'
import type { SecretSealer } from '../sealed-secrets.ts'

export interface CheckpointSigner {
  /** Names the log across its epochs: the first half of every origin. */
  readonly logName: string
  sign(tree: Omit<Checkpoint, 'signature'>): Checkpoint
  isOwn(checkpoint: Checkpoint): boolean
  /** Of other texts than checkpoints, which must not look like one. */
  readonly notary: Notary
  format(checkpoint: Checkpoint): string
  verifierKey(origin: string): string
}

export interface Notary {
  sign(text: string): Buffer
  isOwn(text: string, signature: Buffer): boolean
}

export interface SecretRecords {
  secret(name: string): Buffer | undefined
  addSecret(name: string, sealed: Buffer): Promise<void>
}

/** Resolves when the key is on disk. Throws `CA_KEY_UNREADABLE`. */
export async function openCheckpointSigner(
  secrets: SecretRecords,
  sealer: SecretSealer,
  trustDomain: string,
): Promise<CheckpointSigner> {
  const key = createPrivateKey({ key: await pkcs8(secrets, sealer), format: 'der', type: 'pkcs8' })
  const publicKeyObject = createPublicKey(key)
  const info = publicKeyObject.export({ format: 'der', type: 'spki' })
  const publicKey = info.subarray(ed25519InfoPrefix.length)
  return {
    logName: `${trustDomain}/log/${hash('sha256', publicKey, 'hex').slice(0, 16)}`,
    sign: tree => ({ ...tree, signature: sign(null, Buffer.from(checkpointText(tree)), key) }),
    notary: {
      sign: text => sign(null, Buffer.from(text), key),
      isOwn: (text, signature) => verify(null, Buffer.from(text), publicKeyObject, signature),
    },
    isOwn: checkpoint => isSignedBy(checkpoint, publicKey),
    format: checkpoint => formatCheckpoint(checkpoint, publicKey),
    verifierKey: origin => formatVerifierKey(origin, publicKey),
  }
}

/** Its name among the secrets. */
export const logKeyName = 'log signing key'

async function pkcs8(secrets: SecretRecords, sealer: SecretSealer): Promise<Buffer> {
  const sealed = secrets.secret(logKeyName)
  if (sealed !== undefined) return sealer.open(logKeyName, sealed)
  const made = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })
  await secrets.addSecret(logKeyName, sealer.seal(logKeyName, made))
  return made
}
