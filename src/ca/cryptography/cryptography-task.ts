/** What the threads of cryptography.ts do, in terms that can cross to them and back. */

import { verifyCsr } from '../certificates/csr.ts'
import type { KeyKind, KeyRules } from '../certificates/public-key.ts'
import { type SigningKey, signatureBy } from '../certificates/signer.ts'

export type CryptographyTask =
  | { readonly kind: 'verify'; readonly csr: string; readonly rules: KeyRules }
  | { readonly kind: 'sign'; readonly key: SigningKey; readonly bytes: Uint8Array }

export interface CryptographyResults {
  /** A `SubjectPublicKey`. */
  readonly verify: {
    readonly kind: KeyKind
    readonly info: Uint8Array
    readonly fingerprint: string
    readonly identifier: Uint8Array
  }
  /** The signature. */
  readonly sign: Uint8Array
}

export function runTask(task: CryptographyTask): CryptographyResults[CryptographyTask['kind']] {
  if (task.kind === 'sign') return whole(signatureBy(task.key, task.bytes))
  const { kind, info, fingerprint, identifier } = verifyCsr(task.csr, task.rules).publicKey
  return { kind, info: whole(info), fingerprint, identifier: whole(identifier) }
}

/** Of a view the buffer behind it would be cloned. */
export function whole(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
