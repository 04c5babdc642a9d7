/** The numbers of what is shown to an issuer elsewhere. */

import type { Signing } from '../signing.ts'

export interface CredentialMetrics {
  /** Seconds since the epoch, of the first that ends; 0: nothing that is shown ends. */
  meshwright_ca_issuer_credential_expiry_timestamp_seconds: number
  meshwright_ca_issuer_credential_renewal_failures_total: number
}

export function credentialMetrics(signing: Pick<Signing, 'credentials' | 'credentialFailures'>): CredentialMetrics {
  const ends = signing.credentials().flatMap(({ notAfterMs }) => (notAfterMs === undefined ? [] : [notAfterMs]))
  return {
    meshwright_ca_issuer_credential_expiry_timestamp_seconds:
      ends.length === 0 ? 0 : Math.floor(Math.min(...ends) / 1000),
    meshwright_ca_issuer_credential_renewal_failures_total: signing.credentialFailures(),
  }
}
