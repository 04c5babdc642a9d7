/**
 * Which trust is in use: the last that the daemon ordered, also over restarts, else the roots that came with the
 * certificate. A daemon that gives no such orders is as if it never had.
 */

import { rm } from 'node:fs/promises'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { parseCertificates } from '../identity/workload-certificate.ts'
import { loadTrust, type MeshTrust, requireUsableTrust, saveTrust, trustFromCertificate } from './mesh-trust.ts'

export interface TrustKeeper {
  /** Reads what is on disk. */
  load(): Promise<void>
  /** `certificate`: the one in use. */
  current(certificate: { readonly rootsPem: string }): MeshTrust
  /** On disk when it returns. Throws when it cannot be used; the one before stays. */
  follow(trust: MeshTrust): void
  /**
   * A credential of the operator's gave this certificate. When nothing that was ordered leads to its roots it is another
   * authority's, and what the one before ordered is forgotten. Returns whether that is so.
   */
  joined(certificate: { readonly rootsPem: string }): boolean
  /** The roots of the certificate count again. Returns whether anything was ordered before. */
  forget(): boolean
}

export function createTrustKeeper(options: { readonly file: string; readonly log: Log }): TrustKeeper {
  const { file, log } = options
  let ordered: MeshTrust | undefined
  const forget = (): boolean => {
    if (ordered === undefined) return false
    ordered = undefined
    rm(file, { force: true }).catch((thrown: unknown) => {
      log.warn({ file, reason: errorFrom(thrown).message }, 'trust on disk not removed')
    })
    return true
  }
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
    joined(certificate) {
      if (ordered === undefined || shareRoot(ordered, certificate)) return false
      log.warn('the certificate is of another authority: what was ordered before is forgotten')
      return forget()
    },
    forget,
  }
}

function shareRoot(one: { readonly rootsPem: string }, other: { readonly rootsPem: string }): boolean {
  const known = new Set(parseCertificates(one.rootsPem).map(root => root.fingerprint256))
  return parseCertificates(other.rootsPem).some(root => known.has(root.fingerprint256))
}
