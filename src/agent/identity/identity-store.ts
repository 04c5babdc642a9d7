/** The certificate on disk: what lets an agent start again without a token, also while the daemon is down. */

import { stat } from 'node:fs/promises'
import { writeFileAtomically } from '../../platform/files.ts'
import { readIfPresent } from '../state/read-if-present.ts'
import type { StateDirectory } from '../state/state-directory.ts'
import { type WorkloadCertificate, workloadCertificateFrom } from './workload-certificate.ts'

export function saveIdentity(state: StateDirectory, certificate: WorkloadCertificate): void {
  // Roots first: new roots with an old certificate are harmless, the reverse is not.
  writeFileAtomically(state.rootsFile, certificate.rootsPem, 0o600)
  writeFileAtomically(state.identityFile, certificate.keyPem + certificate.chainPem, 0o600)
}

/** Undefined when there is none. Throws AGENT_CERTIFICATE_INVALID when what is there cannot be used, for instance expired. */
export async function loadIdentity(state: StateDirectory, nowMs: number): Promise<WorkloadCertificate | undefined> {
  const [identity, roots] = await Promise.all([readIfPresent(state.identityFile), readIfPresent(state.rootsFile)])
  if (identity === undefined || roots === undefined) return undefined
  const text = identity.toString('utf8')
  const end = text.indexOf('-----BEGIN CERTIFICATE-----')
  const { mtimeMs } = await stat(state.identityFile)
  return workloadCertificateFrom(
    {
      keyPem: text.slice(0, end),
      chainPem: text.slice(end),
      rootsPem: roots.toString('utf8'),
      issuedAtMs: Math.min(mtimeMs, nowMs),
    },
    nowMs,
  )
}
