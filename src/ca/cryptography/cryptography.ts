/**
 * The two steps of issuing that cost more than all the others together, in threads beside the main one: a tenth of a
 * millisecond to verify a request, and up to half of one to sign with an RSA key, in which nothing else would be served.
 */

import type { KeyObject } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createTaskThreads, type TaskThreads } from '../../platform/threads/task-threads.ts'
import { requestLabels, type VerifiedRequest, verifyCsr } from '../certificates/csr.ts'
import { derFromPem, pemFromDer } from '../certificates/pem.ts'
import { type KeyRules, strictKeyRules } from '../certificates/public-key.ts'
import { type SigningKey, signatureBy } from '../certificates/signer.ts'
import { type CryptographyResults, type CryptographyTask, whole } from './cryptography-task.ts'

export interface Cryptography {
  /** As `verifyCsr` of csr.ts. Throws `CA_CSR_INVALID`. */
  verifyCsr(pem: string, rules?: KeyRules): Promise<VerifiedRequest>
  sign(key: SigningKey, bytes: Uint8Array): Promise<Uint8Array>
}

export interface OwnedCryptography extends Cryptography {
  stop(): Promise<void>
}

/** Without threads: for whoever does little of it. */
export const cryptographyHere: Cryptography = {
  verifyCsr: async (pem, rules) => verifyCsr(pem, rules),
  sign: async (key, bytes) => signatureBy(key, bytes),
}

/** One is left to the main thread; more than these would be waiting for it. */
const mostThreads = 4

export function createCryptography(): OwnedCryptography {
  const threads = createTaskThreads<CryptographyTask, CryptographyResults[CryptographyTask['kind']]>({
    name: 'cryptography',
    module: taskUrl,
    most: Math.min(mostThreads, Math.max(1, availableParallelism() - 1)),
  })
  return {
    async verifyCsr(csr, rules = strictKeyRules) {
      const found = await run(threads, { kind: 'verify', csr, rules })
      const { kind, fingerprint } = found
      const publicKey = { kind, fingerprint, info: view(found.info), identifier: view(found.identifier) }
      return { publicKey: { ...publicKey, request: () => bare(csr) } }
    },
    sign: async (key, bytes) =>
      threads.isRunning && !isQuick(key)
        ? run(threads, { kind: 'sign', key, bytes: whole(bytes) })
        : signatureBy(key, bytes),
    stop: () => threads.stop(),
  }
}

/**
 * With P-256 handing over costs this thread as much as signing (bench/ca-load.ts); with others it is a tenth. Nor is the
 * daemon's own certificate, at its start, worth a thread.
 */
function isQuick({ key }: SigningKey): boolean {
  const known = quickKeys.get(key)
  if (known !== undefined) return known
  const found = key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  quickKeys.set(key, found)
  return found
}

/** Asking OpenSSL each time costs a tenth of a signature. */
const quickKeys = new WeakMap<KeyObject, boolean>()

// A checkout runs the TypeScript; the built package holds JavaScript.
const taskUrl = new URL(
  import.meta.url.endsWith('.ts') ? './cryptography-task.ts' : './cryptography-task.js',
  import.meta.url,
)

function run<Task extends CryptographyTask>(
  threads: TaskThreads<CryptographyTask, CryptographyResults[CryptographyTask['kind']]>,
  task: Task,
): Promise<CryptographyResults[Task['kind']]> {
  // Sound: `runTask` answers each kind with its own result.
  return threads.run(task) as Promise<CryptographyResults[Task['kind']]>
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Without the text around it: it has been read before. */
function bare(csr: string): string {
  return pemFromDer('CERTIFICATE REQUEST', derFromPem(csr, requestLabels) ?? Buffer.alloc(0))
}
