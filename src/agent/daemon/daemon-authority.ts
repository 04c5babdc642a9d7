/** The daemon as a certificate authority: each request on a connection of its own, closed afterwards, for they are hours apart. */

import { createCertificate } from '../identity/certificate-service.ts'
import type { CertificateAuthority } from '../identity/workload-identity.ts'
import { createDaemonClient, type DaemonEndpoint } from './daemon-client.ts'
import { pinnedRoot } from './first-contact.ts'

export function createDaemonAuthority(endpoint: DaemonEndpoint): CertificateAuthority {
  return {
    pinnedRoot: fingerprints => pinnedRoot(endpoint, fingerprints, handshakeTimeoutMs),
    async sign(request, { rootsPem, identity }) {
      const client = createDaemonClient(endpoint, rootsPem, identity)
      try {
        return await createCertificate(client, request)
      } finally {
        client.close()
      }
    },
  }
}

const handshakeTimeoutMs = 5_000
