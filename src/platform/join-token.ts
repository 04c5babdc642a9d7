/**
 * The text of a join token, `mwj1.CLAIMS.SIGNATURE` (both base64url, claims as JSON), as daemon and agent both read it.
 * Reading verifies nothing: only the daemon (src/ca/join-tokens) can tell whether a token is good; an agent uses the
 * claims to know who it will be and, above all, which root certificate it may trust at its first contact.
 *
 * First contact: the daemon sends its whole chain, the root certificate included. The agent accepts it when the chain
 * verifies up to a certificate whose SHA-256 fingerprint is in `rootFingerprints`. A token outlives a root rotation
 * because the daemon then sends, behind its leaf, the new root cross-signed by the old one and the old root itself.
 */

import { MeshwrightError } from './errors.ts'
import { type SpiffeId, spiffeIdOf } from './spiffe.ts'

export interface JoinTokenClaims {
  /** Names the token in logs and in the store; not a secret. */
  readonly id: string
  /** Who the holder becomes. */
  readonly identity: SpiffeId
  readonly expiresAtMs: number
  /** SHA-256 of the DER of each root that may be trusted: lower-case hexadecimal, at least one. */
  readonly rootFingerprints: readonly string[]
}

export interface JoinToken {
  readonly claims: JoinTokenClaims
  /** What the signature covers: the text up to the last dot. */
  readonly signedText: string
  readonly signature: Buffer
}

export const joinTokenPrefix = 'mwj1'

/** Throws `JOIN_TOKEN_MALFORMED`. Expiry is not looked at. The message never repeats the token. */
export function parseJoinToken(text: string): JoinToken {
  if (text.length > longestTokenBytes) throw malformed(`it is longer than ${longestTokenBytes} bytes`)
  const match = /^(mwj1\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)$/.exec(text)
  const [, signedText, body, signature] = match ?? []
  if (signedText === undefined || body === undefined || signature === undefined) {
    throw malformed(`it is not of the form ${joinTokenPrefix}.CLAIMS.SIGNATURE`)
  }
  return { claims: claimsFromBody(body), signedText, signature: Buffer.from(signature, 'base64url') }
}

/** The part that is signed; the token is this, a dot, and the signature in base64url. */
export function formatJoinTokenClaims(claims: JoinTokenClaims): string {
  const { trustDomain, namespace, serviceAccount } = claims.identity
  const body = {
    id: claims.id,
    trustDomain,
    namespace,
    serviceAccount,
    expiresAtMs: claims.expiresAtMs,
    roots: claims.rootFingerprints,
  }
  return `${joinTokenPrefix}.${Buffer.from(JSON.stringify(body)).toString('base64url')}`
}

const longestTokenBytes = 8192

function claimsFromBody(body: string): JoinTokenClaims {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  } catch (cause) {
    throw malformed('its claims are not JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('its claims are no object')
  const fields = value as Record<string, unknown>
  const text = (name: string): string => {
    const field = fields[name]
    if (typeof field !== 'string') throw malformed(`its claim ${name} is missing or no text`)
    return field
  }
  const id = text('id')
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw malformed('its id is not 1 to 64 letters, digits, dashes, underscores')
  const { expiresAtMs, roots } = fields
  if (!Number.isSafeInteger(expiresAtMs)) throw malformed('its claim expiresAtMs is missing or no whole number')
  if (!Array.isArray(roots) || roots.length === 0 || !roots.every(isFingerprint)) {
    throw malformed('its claim roots is no list of SHA-256 fingerprints')
  }
  return {
    id,
    identity: identityFrom(text('trustDomain'), text('namespace'), text('serviceAccount')),
    expiresAtMs: expiresAtMs as number,
    rootFingerprints: roots,
  }
}

function identityFrom(trustDomain: string, namespace: string, serviceAccount: string): SpiffeId {
  try {
    return spiffeIdOf({ trustDomain, namespace, serviceAccount })
  } catch (cause) {
    throw malformed('its trust domain, namespace and service account make no identity', cause)
  }
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function malformed(reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('JOIN_TOKEN_MALFORMED', {
    message: `this is no join token: ${reason}`,
    remedy: 'Copy the whole line that `meshwright token create` prints, or make a new token.',
    cause,
  })
}
