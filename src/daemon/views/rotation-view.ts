/** What operators see of trust and rotation, from the authority's parts. */

import { X509Certificate } from 'node:crypto'
import type { AuthorityStatus, RotationProgress, RotationView, SuccessionProgress } from '../../admin/rotation-view.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'
import { credentialWarnings } from '../../ca/issuers/remote/issuer-credential.ts'
import { logWarnings } from '../../ca/log/log-warnings.ts'
import type { RotationStatus } from '../../ca/rotation/rotation.ts'
import type { Progress } from '../../ca/rotation/rotation-lag.ts'
import { expiryWarnings } from '../../ca/trust/expiry-warnings.ts'
import type { Clock } from '../../platform/clock.ts'

export interface RotationViewOptions {
  readonly ca: CertificateAuthority
  readonly trustDomain: string
  readonly clock: Clock
}

export function rotationView(options: RotationViewOptions): RotationView {
  const { ca } = options
  return {
    status: () => authorityStatus(options, ca.rotation.status()),
    rotate: async windowSeconds =>
      authorityStatus(options, await ca.rotation.begin({ windowMs: windowSeconds * 1000 })),
    abort: async () => authorityStatus(options, await ca.rotation.abort()),
    force: async () => authorityStatus(options, await ca.rotation.force()),
  }
}

function authorityStatus(
  { ca, trustDomain, clock }: RotationViewOptions,
  rotation: RotationStatus | undefined,
): AuthorityStatus {
  const { generation, roots } = ca.trust.current()
  const agents = ca.agents.status()
  return {
    trustDomain,
    trustGeneration: generation,
    roots: roots.map(({ fingerprint, pem }) => {
      const certificate = new X509Certificate(pem)
      return {
        fingerprint,
        subject: certificate.subject.replaceAll('\n', ', '),
        notAfter: certificate.validToDate.toISOString(),
        use: fingerprint === ca.rootFingerprintSha256() ? 'signs' : 'is trusted',
      }
    }),
    agents: {
      attending: agents.length,
      withNewestTrust: agents.filter(({ report }) => report.appliedTrustGeneration === generation).length,
    },
    warnings: [
      ...logWarnings(ca.transparency.status(), ca.custody.recollection()),
      ...credentialWarnings(ca.issuerCredentials(), clock.now()),
      ...expiryWarnings(roots, clock.now()).map(
        ({ fingerprint, notAfterMs, days }) =>
          `the root ${fingerprint} ${days === 0 ? 'has ended' : `ends in less than ${days} days`}: ${new Date(notAfterMs).toISOString()}`,
      ),
    ],
    ...(rotation === undefined ? {} : { rotation: progressOf(rotation) }),
    ...successionOf(ca),
  }
}

/** More would be of no use to a reader, and a megabyte in a large mesh. */
const mostLaggards = 200

function progressOf({ rotation, progress }: RotationStatus): RotationProgress {
  const { id, step, direction, fromRoot, toRoot, startedAtMs, stepAtMs, windowMs } = rotation
  return {
    id,
    step,
    direction,
    fromRoot,
    toRoot,
    startedAt: new Date(startedAtMs).toISOString(),
    stepAt: new Date(stepAtMs).toISOString(),
    windowSeconds: windowMs / 1000,
    ...lagOf(progress),
  }
}

function successionOf(ca: CertificateAuthority): Pick<AuthorityStatus, 'succession'> {
  const succession = ca.succession()
  if (succession === undefined) return {}
  const { step, progress, next } = succession
  const waits = next === undefined ? {} : { nextRoot: next.rootFingerprint }
  return { succession: { step, ...waits, ...lagOf(progress) } }
}

function lagOf(progress: Progress | undefined): Omit<SuccessionProgress, 'step' | 'nextRoot'> {
  const total = progress?.total ?? 0
  const lagging = progress?.laggards.length ?? 0
  return {
    percent: total === 0 ? 100 : Math.floor((100 * (total - lagging)) / total),
    total,
    lagging,
    laggards: (progress?.laggards ?? []).slice(0, mostLaggards),
  }
}
