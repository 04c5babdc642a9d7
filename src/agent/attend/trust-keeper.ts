/**
 * Which trust is in use: the last that the daemon ordered, also over restarts, else the roots that came with the
 * certificate. A daemon that gives no such orders is as if it never had.
 */

import { rm } from 'node:fs/promises'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { loadTrust, type MeshTrust, requireUsableTrust, saveTrust, trustFromCertificate } from './mesh-trust.ts'

export interface TrustKeeper {
  /** Reads what is on disk. */
  load(): Promise<void>
  /** `certificate`: the one in use. */
  current(certificate: { readonly rootsPem: string }): MeshTrust
  /** On disk when it returns. Throws when it cannot be used; the one before stays. */
  follow(trust: MeshTrust): void
  /** The roots of the certificate count again. Returns whether anything was ordered before. */
  forget(): boolean
}

export function createTrustKeeper(options: { readonly file: string; readonly log: Log }): TrustKeeper {
  const { file, log } = options
  let ordered: MeshTrust | undefined
  return {
    async load() {
      ordered = await loadTrust(file, log)
    },
    current: certificate => ordered ?? trustFromCertificate(certificate),
    follow(trust) {
      requireUsableTrust(trust)
      saveTrust(file, trust)
      ordered = trust
    },
    forget() {
      if (ordered === undefined) return false
      ordered = undefined
      rm(file, { force: true }).catch((thrown: unknown) => {
        log.warn({ file, reason: errorFrom(thrown).message }, 'trust on disk not removed')
      })
      return true
    },
  }
}
