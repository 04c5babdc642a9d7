/**
 * From the claims of a verified token to the workload that it stands for. Claims are text that an identity provider put
 * there, perhaps at a user's wish: whatever is not exactly a name is refused, and nothing is normalised.
 */

import { MeshwrightError } from '../../../platform/errors.ts'
import { parseSpiffeId, type SpiffeId, spiffeIdOf } from '../../../platform/spiffe.ts'

/** A claim's name, or the names that lead to it through objects. */
export type ClaimPath = string | readonly string[]

export type IdentityMapping =
  /** `system:serviceaccount:NAMESPACE:SERVICE-ACCOUNT`, as Kubernetes and Istio's rule have it in `sub`. */
  | { readonly form: 'service-account'; readonly claim?: ClaimPath }
  /** A whole SPIFFE id of the own trust domain, as a JWT-SVID has it in `sub`. */
  | { readonly form: 'spiffe-id'; readonly claim?: ClaimPath }
  | { readonly form: 'parts'; readonly namespace: NamePart; readonly serviceAccount: NamePart }

export type NamePart = { readonly claim: ClaimPath } | { readonly value: string }

export type Claims = Readonly<Record<string, unknown>>

/** Throws `SPIFFE_ID_INVALID` when the claims name no workload of this trust domain. */
export function identityFromClaims(claims: Claims, mapping: IdentityMapping, trustDomain: string): SpiffeId {
  switch (mapping.form) {
    case 'service-account': {
      const [system, kind, namespace = '', serviceAccount = '', ...more] = textAt(claims, mapping.claim).split(':')
      if (system !== 'system' || kind !== 'serviceaccount' || more.length > 0) {
        throw unsuitable(mapping.claim, 'is not of the form system:serviceaccount:NAMESPACE:SERVICE-ACCOUNT')
      }
      return spiffeIdOf({ trustDomain, namespace, serviceAccount })
    }
    case 'spiffe-id': {
      const identity = parseSpiffeId(textAt(claims, mapping.claim))
      if (identity.trustDomain !== trustDomain) throw unsuitable(mapping.claim, 'is of another trust domain')
      return identity
    }
    case 'parts': {
      const partOf = (part: NamePart): string => ('value' in part ? part.value : textAt(claims, part.claim))
      return spiffeIdOf({
        trustDomain,
        namespace: partOf(mapping.namespace),
        serviceAccount: partOf(mapping.serviceAccount),
      })
    }
  }
}

/** Whether each claim (dots in the name are no path) has exactly this text, or holds it in its list. */
export function hasClaims(claims: Claims, required: Readonly<Record<string, string>>): boolean {
  return Object.entries(required).every(([name, text]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    return Array.isArray(value) ? value.includes(text) : value === text
  })
}

function textAt(claims: Claims, path: ClaimPath = 'sub'): string {
  let value: unknown = claims
  for (const name of typeof path === 'string' ? [path] : path) {
    const holder = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
    value = Object.hasOwn(holder, name) ? (holder as Record<string, unknown>)[name] : undefined
  }
  if (typeof value !== 'string') throw unsuitable(path, 'is missing or no text')
  return value
}

function unsuitable(path: ClaimPath | undefined, what: string): MeshwrightError {
  return new MeshwrightError('SPIFFE_ID_INVALID', { message: `the claim ${[path ?? 'sub'].flat().join('.')} ${what}` })
}
