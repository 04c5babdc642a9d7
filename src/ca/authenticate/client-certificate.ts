/**
 * A caller with a certificate of this mesh is who the certificate says. The transport has verified chain and possession
 * when the connection began; validity is looked at again here, because a connection may outlive its certificate.
 */

import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { PeerCertificate } from '../../platform/rpc.ts'
import { parseSpiffeId, type SpiffeId } from '../../platform/spiffe.ts'
import { prove } from '../certificates/identity-proof.ts'
import type { CaCounters } from '../metrics.ts'
import type { Authenticator, Caller, Verdict } from './authenticator.ts'

export interface ClientCertificateOptions {
  readonly trustDomain: string
  readonly clock: Clock
  readonly counters: CaCounters
}

export function clientCertificateAuthenticator(options: ClientCertificateOptions): Authenticator {
  return { name: 'client certificate', authenticate: caller => verdictOn(caller, options) }
}

function verdictOn(caller: Caller, { trustDomain, clock, counters }: ClientCertificateOptions): Verdict {
  const { certificate, transport, address } = caller.peer
  if (certificate === undefined || transport !== 'tls') return { kind: 'absent' }
  if (certificate.notAfterMs <= clock.now()) return refused('it has expired since the connection began')
  const identity = identityIn(certificate)
  if (typeof identity === 'string') {
    counters.citadel_server_id_extraction_err_count += 1
    return refused(identity)
  }
  if (identity.trustDomain !== trustDomain) return refused(`its trust domain is ${identity.trustDomain}`)
  const evidence = { kind: 'client-certificate', serialNumber: certificate.serialNumber } as const
  return { kind: 'proved', proof: prove({ kind: 'workload', identity, evidence, peerAddress: address }) }
}

/** Or why there is none. Looked for once a connection: it has one certificate, and many renewals come over some. */
function identityIn(certificate: PeerCertificate): SpiffeId | string {
  const known = identities.get(certificate)
  if (known !== undefined) return known
  const found = identityFrom(certificate)
  identities.set(certificate, found)
  return found
}

const identities = new WeakMap<PeerCertificate, SpiffeId | string>()

function identityFrom(certificate: PeerCertificate): SpiffeId | string {
  const [uri, ...more] = certificate.uris
  if (uri === undefined || more.length > 0) return `it has ${certificate.uris.length} URI names instead of one`
  try {
    return parseSpiffeId(uri)
  } catch (thrown) {
    return errorFrom(thrown).message
  }
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason }
}
