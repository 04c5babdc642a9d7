/** The signing material in force, sealed in a file of the data directory, for a start that finds other files than before. */

import { createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errorFrom } from '../../platform/errors.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import type { SecretSealer } from '../sealed-secrets.ts'
import { type SigningMaterial, signingMaterialFrom } from './signing-material.ts'

export interface Keeping {
  /** The data directory. */
  readonly directory: string
  readonly sealer: SecretSealer
  readonly log: Log
}

export const keptMaterialFileName = 'signing-material.sealed'

export function keepMaterial({ files }: SigningMaterial, { directory, sealer }: Keeping): void {
  const { certificatePem, chainPem, rootsPem, key } = files
  const keyPem = key.export({ format: 'pem', type: 'pkcs8' })
  const secret = Buffer.from(JSON.stringify({ certificatePem, chainPem, rootsPem, keyPem }))
  writeFileAtomically(path.join(directory, keptMaterialFileName), sealer.seal(keptMaterialFileName, secret), 0o600)
}

/** Undefined when there is none, or none that can sign now, which is logged. Lists of revoked certificates are not kept. */
export function keptMaterial({ directory, sealer, log }: Keeping, nowMs: number): SigningMaterial | undefined {
  const file = path.join(directory, keptMaterialFileName)
  if (!existsSync(file)) return undefined
  try {
    const kept: unknown = JSON.parse(sealer.open(keptMaterialFileName, readFileSync(file)).toString('utf8'))
    // Sound: sealed with a key that only this daemon has, so it is what was written above.
    const { keyPem, ...texts } = kept as Record<'certificatePem' | 'chainPem' | 'rootsPem' | 'keyPem', string>
    return signingMaterialFrom({ ...texts, crlsPem: '', key: createPrivateKey(keyPem) }, nowMs)
  } catch (thrown) {
    log.warn({ file, reason: errorFrom(thrown).message }, 'what signed before cannot be used any more')
    return undefined
  }
}
