/** What the agent gives its Envoy to check peers against, and how it is kept on disk. */

import { errorFrom } from '../../platform/errors.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import { parseCertificates, type WorkloadCertificate } from '../identity/workload-certificate.ts'
import { readIfPresent } from '../state/read-if-present.ts'

export interface MeshTrust {
  /** The daemon's number for it; 0: it came with a certificate. */
  readonly generation: number
  /** Roots of the own trust domain, concatenated PEM. */
  readonly rootsPem: string
  /** One CRL an issuer, concatenated PEM; '': none are enforced. */
  readonly crlsPem: string
  readonly federated: readonly FederatedRoots[]
}

export interface FederatedRoots {
  readonly trustDomain: string
  readonly rootsPem: string
}

export function trustFromCertificate({ rootsPem }: Pick<WorkloadCertificate, 'rootsPem'>): MeshTrust {
  return { generation: 0, rootsPem, crlsPem: '', federated: [] }
}

/** Throws AGENT_CERTIFICATE_INVALID when Envoy could not use it. */
export function requireUsableTrust(trust: MeshTrust): void {
  for (const pem of [trust.rootsPem, ...trust.federated.map(bundle => bundle.rootsPem)]) {
    if (parseCertificates(pem).length === 0) throw new Error('a trust bundle without a root')
  }
}

export function saveTrust(file: string, trust: MeshTrust): void {
  writeFileAtomically(file, `${JSON.stringify(trust)}\n`, 0o600)
}

/** Undefined when there is none, or none that can be used, which is logged: the roots of the certificate then stand in. */
export async function loadTrust(file: string, log: Log): Promise<MeshTrust | undefined> {
  const content = await readIfPresent(file)
  if (content === undefined) return undefined
  try {
    const trust = trustFrom(JSON.parse(content.toString('utf8')))
    requireUsableTrust(trust)
    return trust
  } catch (thrown) {
    log.warn({ file, reason: errorFrom(thrown).message }, 'trust on disk not used')
    return undefined
  }
}

function trustFrom(value: unknown): MeshTrust {
  const { generation, rootsPem, crlsPem, federated } = value as Partial<MeshTrust>
  const isWhole =
    Number.isSafeInteger(generation) &&
    typeof rootsPem === 'string' &&
    typeof crlsPem === 'string' &&
    Array.isArray(federated) &&
    federated.every(bundle => typeof bundle?.trustDomain === 'string' && typeof bundle?.rootsPem === 'string')
  if (!isWhole) throw new Error('it is not what an agent writes')
  // Checked just now.
  return value as MeshTrust
}
