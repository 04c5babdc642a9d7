/** The management side's parts: credentials, the audit trail, the table of endpoints, and the credential file that is kept good. */

import { createAuthenticator } from '../admin/access/caller.ts'
import { createGrants } from '../admin/access/grants.ts'
import { localToken } from '../admin/access/local-credential.ts'
import { createAuditTrail } from '../admin/audit/audit-trail.ts'
import { writeCredential } from '../admin/credential.ts'
import type { Route } from '../admin/routes/route.ts'
import type { HttpSideOptions, ManagementOptions } from '../admin/server.ts'
import type { ApiParts } from '../api/api-parts.ts'
import { refuse } from '../api/refuse.ts'
import { apiPrefixes } from '../api/routes.ts'
import { createCommitFeed } from '../api/watch/commit-feed.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import type { ObjectReference, ObjectStatus } from '../config/object-status.ts'
import type { ConfigAccess } from '../config/store/config-access.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { endpoints } from './endpoints.ts'
import { configurationView } from './views/configuration-view.ts'

/** How errors are told where no endpoint is. */
const refusals = apiPrefixes.map(prefix => ({ prefix, refuse }))

export interface Management extends Pick<ManagementOptions, 'authenticate' | 'trail'> {
  readonly routes: readonly Route[]
  readonly refusals: HttpSideOptions['refusals']
  watches(): number
  /** Writes `admin-credential.json`, now and once a day: its token is renewed in time. */
  keepCredential(address: string): void
  /** Also called when the trust has changed. */
  writeCredential(address: string): void
}

export interface ManagementParts {
  readonly directory: string
  readonly ca: CertificateAuthority
  readonly configuration: ConfigAccess
  /** Throws where nothing is known. */
  readonly statusOf: (reference: ObjectReference) => ObjectStatus
  readonly proxiesOf: ApiParts['proxiesOf']
  readonly random: () => number
  readonly onClose: (closer: () => void) => void
  readonly clock: Clock
  readonly log: Log
}

const dayMs = 24 * 3_600_000

export function createManagement(given: ManagementParts): Management {
  const { directory, ca, configuration, clock, log, random } = given
  const now = (): number => clock.now()
  const grants = createGrants({ directory, now })
  const trail = createAuditTrail({ directory, log })
  const write = (address: string): void =>
    writeCredential(directory, { address, rootPem: ca.trustBundlePem(), token: localToken(directory, grants, now()) })
  const feed = createCommitFeed(configuration)
  given.onClose(() => feed.stop())
  const statusOf = (reference: ObjectReference): ObjectStatus | undefined => {
    try {
      return given.statusOf(reference)
    } catch {
      return undefined
    }
  }
  return {
    refusals,
    watches: () => feed.watchers,
    routes: endpoints({
      access: { grants, trail, now },
      configuration: { configuration: configurationView(configuration), clock },
      api: { access: configuration, feed, statusOf, proxiesOf: given.proxiesOf, clock, random },
    }),
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
    keepCredential(address) {
      let timer: Timer | undefined
      const daily = (): void => {
        write(address)
        timer = clock.after(dayMs, daily)
      }
      daily()
      given.onClose(() => timer?.cancel())
    },
  }
}
