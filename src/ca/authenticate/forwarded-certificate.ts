/**
 * A gateway that ended the caller's TLS says in `x-forwarded-client-cert` whose certificate it verified. It is believed
 * only when the connection comes from an address that the settings name; loopback is none unless named. The gateway must
 * replace the field (Envoy's SANITIZE_SET): of several elements nobody can tell which one it vouches for.
 */

import { cidrMatcher } from '../../platform/address-guard.ts'
import { errorFrom } from '../../platform/errors.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import { prove } from '../certificates/identity-proof.ts'
import type { Authenticator, Caller, Verdict } from './authenticator.ts'
import { parseForwardedCertificates } from './forwarded-certificate-field.ts'

export interface ForwardedCertificateOptions {
  /** CIDR blocks of the gateways. */
  readonly from: readonly string[]
  readonly trustDomain: string
}

export function forwardedCertificateAuthenticator(options: ForwardedCertificateOptions): Authenticator {
  const isGateway = cidrMatcher(options.from)
  return {
    name: 'forwarded certificate',
    authenticate: caller => verdictOn(caller, isGateway, options.trustDomain),
  }
}

function verdictOn(caller: Caller, isGateway: (ip: string) => boolean, trustDomain: string): Verdict {
  const field = caller.metadata['x-forwarded-client-cert']
  if (field === undefined) return { kind: 'absent' }
  const { address, transport } = caller.peer
  if (transport === 'local' || !isGateway(hostOf(address))) return refused('it comes from no gateway that is trusted')
  const elements = parseForwardedCertificates(field)
  const [element, ...others] = elements ?? []
  if (element === undefined) return refused('the field does not parse')
  if (others.length > 0) return refused(`the field has ${others.length + 1} elements instead of one`)
  const [uri, ...more] = element.uris
  if (uri === undefined || more.length > 0) return refused(`it has ${element.uris.length} URI names instead of one`)
  try {
    const identity = parseSpiffeId(uri)
    if (identity.trustDomain !== trustDomain) return refused(`its trust domain is ${identity.trustDomain}`)
    const evidence = { kind: 'forwarded-certificate', hash: element.hash } as const
    return { kind: 'proved', proof: prove({ kind: 'workload', identity, evidence, peerAddress: address }) }
  } catch (thrown) {
    return refused(errorFrom(thrown).message)
  }
}

/** Of `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason }
}
