/**
 * A caller that bears a JWT of an identity provider which the settings trust. Nothing that the token says is believed
 * before its signature: the issuer in it only chooses the rule, the key id only chooses the key, and the algorithms are
 * those of the rule, all asymmetric, whatever the header says.
 *
 *   token ─▶ shape ─▶ header ─▶ rules of its issuer ─▶ keys ─▶ signature, audience, times ─▶ claims ─▶ identity
 */

import type { Clock } from '../../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../../platform/errors.ts'
import { joinTokenPrefix } from '../../../platform/join-token.ts'
import { joseLibrary } from '../../../platform/late-libraries.ts'
import type { SpiffeId } from '../../../platform/spiffe.ts'
import { prove } from '../../certificates/identity-proof.ts'
import type { Authenticator, Caller, Verdict } from '../authenticator.ts'
import { bearerTokenOf } from '../bearer-token.ts'
import { type Claims, hasClaims, type IdentityMapping, identityFromClaims } from './claim-identity.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface OidcRule {
  /** Exactly as `iss` has it. */
  readonly issuer: string
  /** One of these must be in `aud`. */
  readonly audiences: readonly string[]
  readonly identity: IdentityMapping
  /** Claims that must have exactly these texts. */
  readonly requiredClaims: Readonly<Record<string, string>>
  readonly keys: SigningKeys
}

export interface OidcTokenOptions {
  /** Tried in this order; several may have one issuer. */
  readonly rules: readonly OidcRule[]
  readonly trustDomain: string
  readonly clock: Clock
}

export function oidcTokenAuthenticator(options: OidcTokenOptions): Authenticator {
  const verifying = new Map<string, number>()
  return {
    name: 'OIDC token',
    async authenticate(caller) {
      const token = bearerTokenOf(caller)
      if (token === undefined || token.startsWith(`${joinTokenPrefix}.`)) return { kind: 'absent' }
      if (caller.peer.transport === 'plaintext') return refused('it came in clear text')
      const shown = readUnverified(token)
      if (typeof shown === 'string') return refused(shown)
      const rules = options.rules.filter(rule => rule.issuer === shown.issuer)
      if (rules.length === 0) return refused('its issuer is not trusted')
      const ofIssuer = verifying.get(shown.issuer) ?? 0
      if (ofIssuer >= mostAtOnce)
        return { kind: 'unavailable', reason: 'too many tokens of its issuer are being verified' }
      verifying.set(shown.issuer, ofIssuer + 1)
      try {
        return await verdictOn(caller, token, { ...options, rules, keyId: shown.keyId })
      } finally {
        verifying.set(shown.issuer, (verifying.get(shown.issuer) ?? 1) - 1)
      }
    },
  }
}

/** While a provider is slow, callers wait; they must not pile up, nor keep out those of another provider. */
export const mostAtOnce = 256

/** RFC 7518 and 8037, without what is symmetric or `none`. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** Clocks of providers may be that far off. */
const toleranceSeconds = 30

const longestToken = 16 * 1024

/** `rules`: those of its issuer. */
async function verdictOn(
  caller: Caller,
  token: string,
  options: OidcTokenOptions & Pick<Shown, 'keyId'>,
): Promise<Verdict> {
  let verdict: Verdict = { kind: 'absent' }
  for (const rule of options.rules) {
    verdict = await underRule(caller, token, { ...options, rule })
    if (verdict.kind !== 'refused') return verdict
  }
  return verdict
}

interface Shown {
  readonly issuer: string
  readonly keyId: string | undefined
}

/** What the token says of itself, or why it is not worth a look at keys. */
function readUnverified(token: string): Shown | string {
  if (token.length > longestToken) return `it is longer than ${longestToken} bytes`
  const [headerPart, payloadPart, signature, ...more] = token.split('.')
  if (signature === undefined || signature === '' || more.length > 0) return 'it is no signed JWT'
  const header = objectFrom(headerPart)
  const payload = objectFrom(payloadPart)
  if (header === undefined || payload === undefined) return 'its header or payload is no JSON object'
  const { alg, kid, crit } = header
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return 'its algorithm is not accepted'
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > longestKeyId)) return 'its key id is no text'
  if (crit !== undefined) return 'it asks for extensions'
  if (typeof payload.iss !== 'string') return 'it names no issuer'
  return { issuer: payload.iss, keyId: kid }
}

const longestKeyId = 256

function objectFrom(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (part === undefined || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

interface RuleOptions extends OidcTokenOptions {
  readonly rule: OidcRule
  readonly keyId: string | undefined
}

async function underRule(caller: Caller, token: string, options: RuleOptions): Promise<Verdict> {
  const { rule, keyId, trustDomain, clock } = options
  const current = await rule.keys.keysFor(keyId).catch((thrown: unknown) => errorFrom(thrown))
  if (current instanceof MeshwrightError) return { kind: 'unavailable', reason: current.message }
  if (current.mayBeMissing) return { kind: 'unavailable', reason: 'the key is not known and its provider is down' }
  try {
    const { payload } = await joseLibrary().jwtVerify<Claims>(token, current.keys, {
      issuer: rule.issuer,
      audience: [...rule.audiences],
      algorithms,
      clockTolerance: toleranceSeconds,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'sub'],
    })
    if (!hasClaims(payload, rule.requiredClaims)) return refused('a claim is not what the rule requires')
    const subject = subjectIn(payload)
    if (subject === undefined) return refused('its subject is not 1 to 255 printable ASCII characters')
    const identity: SpiffeId = identityFromClaims(payload, rule.identity, trustDomain)
    const evidence = { kind: 'oidc-token', issuer: rule.issuer, subject } as const
    return { kind: 'proved', proof: prove({ kind: 'workload', identity, evidence, peerAddress: caller.peer.address }) }
  } catch (thrown) {
    return refused(errorFrom(thrown).message)
  }
}

/** OpenID Connect Core, 2: at most 255 ASCII characters. */
function subjectIn({ sub }: Claims): string | undefined {
  return typeof sub === 'string' && /^[\x20-\x7e]{1,255}$/.test(sub) ? sub : undefined
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason }
}
