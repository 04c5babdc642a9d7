/** Writes certificate signing requests (PKCS #10, RFC 2986), for authorities that sign for us. */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { oids } from '../der/oids.ts'
import { bitString, explicit, sequence, setOf, unsignedInteger } from '../der/writer.ts'
import { pemFromDer } from './pem.ts'
import { signingBy } from './signer.ts'

export interface RequestContent {
  /** DER of the name. */
  readonly subject: Buffer
  /** Finished DER elements. */
  readonly extensions: readonly Buffer[]
}

/** PEM. */
export function certificateRequest(key: KeyObject, { subject, extensions }: RequestContent): string {
  const { signatureAlgorithm, sign } = signingBy(key)
  const info = sequence(
    unsignedInteger(Buffer.from([0])),
    subject,
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
    explicit(0, sequence(oids.extensionRequest, setOf(sequence(...extensions)))),
  )
  return pemFromDer('CERTIFICATE REQUEST', sequence(info, signatureAlgorithm, bitString(sign(info))))
}
