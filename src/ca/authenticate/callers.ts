/** The ways by which callers prove themselves, in the order in which they are tried, as the settings have them. */

import type { Clock } from '../../platform/clock.ts'
import { createGuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Log } from '../../platform/log.ts'
import type { JoinTokens } from '../join-tokens.ts'
import type { CaCounters } from '../metrics.ts'
import type { CallersSettings } from '../settings/callers.ts'
import type { Authenticator } from './authenticator.ts'
import { clientCertificateAuthenticator } from './client-certificate.ts'
import { forwardedCertificateAuthenticator } from './forwarded-certificate.ts'
import type { IdentityProviderRecords } from './identity-provider-records.ts'
import { joinTokenAuthenticator } from './join-token.ts'
import { oidcRules } from './oidc/oidc-rules.ts'
import { oidcTokenAuthenticator } from './oidc/oidc-token.ts'

export interface CallersOptions {
  readonly settings: CallersSettings
  readonly trustDomain: string
  readonly joinTokens: JoinTokens
  readonly records: IdentityProviderRecords
  readonly counters: CaCounters
  readonly clock: Clock
  readonly log: Log
}

/** Throws `CA_SETTINGS_INVALID`. */
export function callerAuthenticators(options: CallersOptions): readonly Authenticator[] {
  const { settings, trustDomain, joinTokens, records, counters, clock, log } = options
  const { oidc = [], forwardedCertificateFrom = [] } = settings
  const fetch = createGuardedFetch({ clock, ...settings.fetch })
  return [
    clientCertificateAuthenticator({ trustDomain, clock, counters }),
    joinTokenAuthenticator(joinTokens),
    ...(oidc.length === 0
      ? []
      : [oidcTokenAuthenticator({ rules: oidcRules(oidc, { fetch, records, clock, log }), trustDomain, clock })]),
    ...(forwardedCertificateFrom.length === 0
      ? []
      : [forwardedCertificateAuthenticator({ from: forwardedCertificateFrom, trustDomain })]),
  ]
}
