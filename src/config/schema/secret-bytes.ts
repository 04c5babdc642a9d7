/**
 * The value of a secret among plain data: its bytes are there for whoever needs them, and nothing prints them by mistake:
 * not JSON, not `util.inspect`, not a template. Equal bytes are equal for every comparison.
 */

import { inspect } from 'node:util'

export interface SecretBytes extends Uint8Array {
  readonly isSecret?: true
}

export function secretBytes(bytes: Uint8Array): SecretBytes {
  // A copy: a Buffer would bring the pool around it, and methods that print.
  const value = new Uint8Array(bytes)
  for (const method of ['toJSON', 'toString', 'toLocaleString', 'join', inspect.custom])
    Object.defineProperty(value, method, { value: () => '(secret)' })
  return value
}
