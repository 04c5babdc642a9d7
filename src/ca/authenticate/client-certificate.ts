/**
 * A caller with a certificate of this mesh is who the certificate says. The transport has verified chain and possession
 * when the connection began; validity is looked at again here, because a connection may outlive its certificate.
 */

import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import { prove } from '../identity-proof.ts'
import type { Authenticator, Caller, Verdict } from './authenticator.ts'

export function clientCertificateAuthenticator(trustDomain: string, clock: Clock): Authenticator {
  return { name: 'client certificate', authenticate: caller => verdictOn(caller, trustDomain, clock.now()) }
}

function verdictOn(caller: Caller, trustDomain: string, nowMs: number): Verdict {
  const { certificate, transport, address } = caller.peer
  if (certificate === undefined || transport !== 'tls') return { kind: 'absent' }
  const [uri, ...more] = certificate.uris
  if (uri === undefined || more.length > 0) return refused(`it has ${certificate.uris.length} URI names instead of one`)
  if (certificate.notAfterMs <= nowMs) return refused('it has expired since the connection began')
  try {
    const identity = parseSpiffeId(uri)
    if (identity.trustDomain !== trustDomain) return refused(`its trust domain is ${identity.trustDomain}`)
    const evidence = { kind: 'client-certificate', serialNumber: certificate.serialNumber } as const
    return { kind: 'proved', proof: prove({ kind: 'workload', identity, evidence, peerAddress: address }) }
  } catch (thrown) {
    return refused(errorFrom(thrown).message)
  }
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason }
}
