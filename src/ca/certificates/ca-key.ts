/** The kinds of key that an authority may sign with. */

import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export const caKeyKinds = ['P-256', 'P-384', 'RSA-2048', 'RSA-4096'] as const

export type CaKeyKind = (typeof caKeyKinds)[number]

/** Made off the main thread: an RSA key takes seconds. */
export async function newCaKey(kind: CaKeyKind): Promise<KeyObject> {
  const { privateKey } =
    kind === 'P-256' || kind === 'P-384'
      ? await newKeyPair('ec', { namedCurve: kind })
      : await newKeyPair('rsa', { modulusLength: kind === 'RSA-2048' ? 2048 : 4096 })
  return privateKey
}

const newKeyPair = promisify(generateKeyPair)
