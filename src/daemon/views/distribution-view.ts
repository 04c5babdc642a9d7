/** What is handed out over HTTP, from the authority's parts. */

import { hash, X509Certificate } from 'node:crypto'
import type { DistributionView, FederatedDomainView, PublishedBundle } from '../../admin/distribution-view.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'
import type { FederatedDomainStatus } from '../../ca/federation/federation.ts'
import { formatSpiffeBundle, publishedRefreshHintSeconds } from '../../ca/federation/spiffe-bundle.ts'

export function distributionView(ca: CertificateAuthority): DistributionView {
  const bundles = {
    pem: { contentType: 'application/x-pem-file', format: () => ca.trustBundlePem() },
    spiffe: {
      contentType: 'application/json',
      format() {
        const { roots, generation } = ca.trust.current()
        return formatSpiffeBundle(
          roots.map(root => root.pem),
          generation,
        )
      },
    },
  } as const
  return {
    bundle(format): PublishedBundle {
      const { contentType, format: formatted } = bundles[format]
      const body = formatted()
      const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`
      return { body, contentType, etag, maxAgeSeconds: publishedRefreshHintSeconds / 5 }
    },
    federation: () => ca.federation.status().map(domainFrom),
    async issue({ namespace, serviceAccount, csr, ttlSeconds, peerAddress }) {
      const request = { namespace, serviceAccount, csrPem: csr, ttlMs: ttlSeconds * 1000, peerAddress }
      const { identity, chain } = await ca.issueForAdministrator(request)
      return {
        identity: identity.uri,
        serialNumber: chain.serialNumber,
        notAfter: new Date(chain.notAfterMs).toISOString(),
        certificateChain: [chain.leafPem, ...chain.intermediatePems].join(''),
        roots: ca.trustBundlePem(),
      }
    },
  }
}

function domainFrom({ trustDomain, from, rootsPem, lastGoodMs, fault }: FederatedDomainStatus): FederatedDomainView {
  return {
    trustDomain,
    from,
    roots: rootsPem === undefined ? [] : fingerprintsIn(rootsPem),
    ...(lastGoodMs === undefined ? {} : { lastGoodAt: new Date(lastGoodMs).toISOString() }),
    ...(fault === '' ? {} : { fault }),
  }
}

/** Of certificates that were written by us. */
function fingerprintsIn(pem: string): readonly string[] {
  return pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map(block => new X509Certificate(block).fingerprint256.replaceAll(':', '').toLowerCase())
}
