/** The management side's parts: credentials, the audit trail, the table of endpoints, and the credential file that is kept good. */

import { createAuthenticator } from '../admin/access/caller.ts'
import { createGrants } from '../admin/access/grants.ts'
import { localToken } from '../admin/access/local-credential.ts'
import { createAuditTrail } from '../admin/audit/audit-trail.ts'
import { writeCredential } from '../admin/credential.ts'
import type { Route } from '../admin/routes/route.ts'
import type { ManagementOptions } from '../admin/server.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { endpoints } from './endpoints.ts'

export interface Management extends Pick<ManagementOptions, 'authenticate' | 'trail'> {
  readonly routes: readonly Route[]
  /** Writes `admin-credential.json`, now and once a day: its token is renewed in time. */
  keepCredential(address: string, onClose: (closer: () => void) => void): void
  /** Also called when the trust has changed. */
  writeCredential(address: string): void
}

export interface ManagementParts {
  readonly directory: string
  readonly ca: CertificateAuthority
  readonly clock: Clock
  readonly log: Log
}

const dayMs = 24 * 3_600_000

export function createManagement({ directory, ca, clock, log }: ManagementParts): Management {
  const now = (): number => clock.now()
  const grants = createGrants({ directory, now })
  const trail = createAuditTrail({ directory, log })
  const write = (address: string): void =>
    writeCredential(directory, { address, rootPem: ca.trustBundlePem(), token: localToken(directory, grants, now()) })
  return {
    routes: endpoints({ grants, trail, now }),
    trail,
    authenticate: createAuthenticator({
      grants,
      now,
      refuseCertificate({ serialNumber }) {
        const revoked = ca.revocations.certificate(serialNumber)
        return revoked === undefined ? undefined : `revoked (${revoked.reason})`
      },
    }),
    writeCredential: write,
    keepCredential(address, onClose) {
      let timer: Timer | undefined
      const daily = (): void => {
        write(address)
        timer = clock.after(dayMs, daily)
      }
      daily()
      onClose(() => timer?.cancel())
    },
  }
}
