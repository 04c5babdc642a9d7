/** Who makes a request, and the check of what it brings. Being on localhost proves nothing. */

import { MeshwrightError } from '../../platform/errors.ts'
import { formatGrantee, type Grant, grantState } from './grant.ts'
import type { Grants } from './grants.ts'
import type { Role } from './role.ts'

export interface Caller {
  /** As changes and the audit trail have it; `''` is somebody without a credential. */
  readonly id: string
  readonly role: Role | undefined
  /** When the credential ends; a stream that is open then ends with it. */
  readonly expiresAtMs: number
}

export const nobody: Caller = { id: '', role: undefined, expiresAtMs: Number.POSITIVE_INFINITY }

/** What a request brought. */
export interface Presented {
  /** The header `Authorization`. */
  readonly authorization: string | undefined
  readonly certificate: PresentedCertificate | undefined
}

export type PresentedCertificate =
  | {
      readonly kind: 'verified'
      readonly uris: readonly string[]
      readonly serialNumber: string
      readonly notAfterMs: number
    }
  | { readonly kind: 'unverified'; readonly reason: string }

/** Throws `ADMIN_CREDENTIAL_REFUSED`. */
export type Authenticate = (presented: Presented) => Caller

export interface AuthenticatorOptions {
  readonly grants: Grants
  readonly now: () => number
  /** Why a certificate that verifies is refused all the same. */
  readonly refuseCertificate: (certificate: { readonly serialNumber: string }) => string | undefined
}

/** A token goes before a certificate, which clients may send unasked. */
export function createAuthenticator({ grants, now, refuseCertificate }: AuthenticatorOptions): Authenticate {
  const callerOf = (grant: Grant | undefined, what: string): Caller => {
    if (grant === undefined) throw refused(`the ${what} is not known here`)
    const state = grantState(grant, now())
    if (state !== 'in force') throw refused(`the ${what} is ${state}`)
    return { id: formatGrantee(grant), role: grant.role, expiresAtMs: grant.expiresAtMs }
  }
  return ({ authorization, certificate }) => {
    if (authorization !== undefined) {
      const token = /^Bearer ([\x21-\x7e]{16,512})$/i.exec(authorization)?.[1]
      if (token === undefined) throw refused('the header Authorization is not Bearer and a token')
      return callerOf(grants.ofToken(token), 'token')
    }
    if (certificate === undefined) throw refused('the request has neither a token nor a client certificate')
    if (certificate.kind === 'unverified') throw refused(`the client certificate is refused: ${certificate.reason}`)
    const { uris, notAfterMs } = certificate
    const [uri] = uris
    if (uri === undefined || uris.length > 1) throw refused('the client certificate does not have exactly one URI')
    if (notAfterMs <= now()) throw refused('the client certificate is expired')
    const reason = refuseCertificate(certificate)
    if (reason !== undefined) throw refused(`the client certificate is ${reason}`)
    const caller = callerOf(grants.ofIdentity(uri), "client certificate's identity")
    return { ...caller, expiresAtMs: Math.min(caller.expiresAtMs, notAfterMs) }
  }
}

function refused(message: string): MeshwrightError {
  return new MeshwrightError('ADMIN_CREDENTIAL_REFUSED', {
    message,
    remedy: 'Use a credential that is in force; `meshwright access recover` makes one on the machine of the daemon.',
  })
}
