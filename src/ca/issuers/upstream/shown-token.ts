/** A bearer token in a file, read for each call: others replace it. When it is a JWT, its end can be told. */

import { readFileSync } from 'node:fs'
import { errorFrom } from '../../../platform/errors.ts'
import type { IssuerCredential } from '../remote/issuer-credential.ts'

export function tokenStatus(file: string): IssuerCredential {
  const common = { kind: 'token', renewedBy: 'others' } as const
  try {
    const { exp, iat } = claimsIn(readFileSync(file, 'utf8').trim())
    if (typeof exp !== 'number') return { ...common, notAfterMs: undefined, lifeMs: undefined, fault: '' }
    const lifeMs = typeof iat === 'number' ? (exp - iat) * 1000 : undefined
    return { ...common, notAfterMs: exp * 1000, lifeMs, fault: '' }
  } catch (thrown) {
    return { ...common, notAfterMs: undefined, lifeMs: undefined, fault: errorFrom(thrown).message }
  }
}

/** Of a JWT, unverified; none of what is no JWT. */
function claimsIn(token: string): { readonly exp?: unknown; readonly iat?: unknown } {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return {}
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? claims : {}
  } catch {
    return {}
  }
}
