/** The facts of the running authority that a diagnosis is made of. */

import { X509Certificate } from 'node:crypto'
import type { DoctorView } from '../../admin/doctor-view.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'
import { type AuthorityFacts, diagnose, type Validity } from '../../ca/health/diagnosis.ts'
import { isUnderWay } from '../../ca/rotation/rotation-records.ts'
import type { IssuerSettings } from '../../ca/settings/issuer.ts'
import type { Clock } from '../../platform/clock.ts'

export interface DoctorViewOptions {
  readonly ca: CertificateAuthority
  readonly issuer: IssuerSettings
  readonly clock: Clock
}

export function doctorView(options: DoctorViewOptions): DoctorView {
  return {
    async examine() {
      const findings = diagnose(await factsOf(options))
      return findings.map(({ notAfterMs, ...finding }) => ({
        ...finding,
        ...(notAfterMs === undefined ? {} : { notAfter: new Date(notAfterMs).toISOString() }),
      }))
    },
  }
}

async function factsOf({ ca, issuer, clock }: DoctorViewOptions): Promise<AuthorityFacts> {
  const { generation, roots, crls } = ca.trust.current()
  const agents = ca.agents.status()
  const server = await ca.issueServerCertificate()
  const signer = ca.signingChain()
  return {
    nowMs: clock.now(),
    issuerKind: issuer.kind ?? 'self-signed',
    roots: roots.map(({ fingerprint, pem }) => ({
      ...validityOf(pem),
      fingerprint,
      use: fingerprint === ca.rootFingerprintSha256() ? 'signs' : 'is trusted',
    })),
    signer: signer === undefined ? undefined : { notBeforeMs: signer.notBeforeMs, notAfterMs: signer.chainMs },
    server: {
      ...validityOf(server.certificateChainPem),
      from: issuer.server === undefined ? 'issuer' : 'files',
    },
    credentials: ca.issuerCredentials(),
    listsEndMs: crls.length === 0 ? undefined : Math.min(...crls.map(({ nextUpdateMs }) => nextUpdateMs)),
    log: ca.transparency.status(),
    change: changeOf(ca),
    agents: {
      attending: agents.length,
      withNewestTrust: agents.filter(({ report }) => report.appliedTrustGeneration === generation).length,
    },
  }
}

function changeOf(ca: CertificateAuthority): AuthorityFacts['change'] {
  const rotation = ca.rotation.status()
  if (rotation !== undefined && isUnderWay(rotation.rotation)) {
    const { id, step } = rotation.rotation
    return { what: `rotation ${id} is at the step ${step}`, lagging: rotation.progress?.laggards.length ?? 0 }
  }
  const succession = ca.succession()
  if (succession === undefined || succession.step === 'settled') return undefined
  return { what: `a new root is taken over: ${succession.step}`, lagging: succession.progress.laggards.length }
}

/** Of the first certificate. */
function validityOf(pem: string): Required<Validity> {
  const { validFromDate, validToDate } = new X509Certificate(pem)
  return { notBeforeMs: validFromDate.getTime(), notAfterMs: validToDate.getTime() }
}
