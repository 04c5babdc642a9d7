/**
 * Secrets at rest: AES-256-GCM under a random key in a file of its own (0600) beside the database, so that a copy or a
 * backup of the database alone gives nobody the authority's key. The name of each secret is authenticated with it.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { MeshwrightError } from '../platform/errors.ts'

export interface SecretSealer {
  seal(name: string, secret: Uint8Array): Buffer
  /** Throws `CA_KEY_UNREADABLE` when it was sealed under another key or name, or was changed. */
  open(name: string, sealed: Uint8Array): Buffer
}

export const sealingKeyFileName = 'sealing.key'

/**
 * `first-start`: makes the key file, and throws `CA_DATABASE_LOST` when there is one, because somebody sealed something with
 * it. `existing`: something is sealed already, so it must be there.
 */
export function openSecretSealer(directory: string, expected: 'first-start' | 'existing'): SecretSealer {
  const file = path.join(directory, sealingKeyFileName)
  if (expected === 'first-start') {
    if (existsSync(file)) throw databaseLost(file)
    makeKeyFile(file)
  } else if (!existsSync(file)) {
    throw unreadable(`the file ${file}, which opens the authority's key, is missing`)
  }
  const key = readKeyFile(file)
  return {
    seal: (name, secret) => seal(key, name, secret),
    open(name, sealed) {
      const secret = open(key, name, sealed)
      if (secret === undefined) throw unreadable(`the secret "${name}" does not open with the key in ${file}`)
      return secret
    },
  }
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const format = 1

function seal(key: Buffer, name: string, secret: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
  const body = Buffer.concat([cipher.update(secret), cipher.final()])
  return Buffer.concat([Buffer.from([format]), nonce, cipher.getAuthTag(), body])
}

function open(key: Buffer, name: string, sealed: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(sealed)
  const bodyStart = 1 + nonceBytes + tagBytes
  if (bytes.length < bodyStart || bytes[0] !== format) return undefined
  const nonce = bytes.subarray(1, 1 + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(name))
    .setAuthTag(bytes.subarray(1 + nonceBytes, bodyStart))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(bodyStart)), decipher.final()])
  } catch {
    return undefined
  }
}

/** Complete and on disk before it has its name: a sealed root without its key would be lost. */
function makeKeyFile(file: string): void {
  const partial = `${file}.partial`
  // Never through a link that somebody laid there.
  rmSync(partial, { force: true })
  const handle = openSync(partial, 'wx', 0o600)
  writeSync(handle, randomBytes(keyBytes))
  fsyncSync(handle)
  closeSync(handle)
  renameSync(partial, file)
  const directory = openSync(path.dirname(file), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

function readKeyFile(file: string): Buffer {
  try {
    chmodSync(file, 0o600)
    const key = readFileSync(file)
    if (key.length === keyBytes) return key
  } catch (cause) {
    throw unreadable(`the key file ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause)
  }
  throw unreadable(`the key file ${file} does not hold ${keyBytes} bytes`)
}

function databaseLost(file: string): MeshwrightError {
  return new MeshwrightError('CA_DATABASE_LOST', {
    message: `the database is new, and ${file} is of an authority that was here before; no new root is made in its place`,
    remedy: 'Restore a backup (`meshwright restore FILE --data DIR`); to begin anew, take sealing.key away.',
    facts: { file },
  })
}

function unreadable(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_KEY_UNREADABLE', {
    message,
    remedy: 'Put the file back from where the data directory was copied; without it the mesh needs a new root.',
    cause,
  })
}
