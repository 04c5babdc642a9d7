/**
 * The daemon's own certificate with its key, sealed in the data directory, for a start at which an issuer elsewhere does not
 * answer: the control plane must come up without it.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { writeFileAtomically } from '../../platform/files.ts'
import type { SecretSealer } from '../sealed-secrets.ts'
import type { OwnCertificate } from './server-certificate.ts'

export interface KeptServerCertificate {
  save(own: OwnCertificate): void
  /** Undefined when there is none that is valid at `nowMs`. Throws `CA_KEY_UNREADABLE`. */
  load(nowMs: number): OwnCertificate | undefined
}

const fileName = 'server-certificate.sealed'

export function keptServerCertificate(directory: string, sealer: SecretSealer): KeptServerCertificate {
  const file = path.join(directory, fileName)
  return {
    save: own => writeFileAtomically(file, sealer.seal(fileName, Buffer.from(JSON.stringify(own))), 0o600),
    load(nowMs) {
      if (!existsSync(file)) return undefined
      // Sound: sealed with a key that only this daemon has, so it is what was written above.
      const own = JSON.parse(sealer.open(fileName, readFileSync(file)).toString('utf8')) as OwnCertificate
      return own.notAfterMs > nowMs ? own : undefined
    },
  }
}
