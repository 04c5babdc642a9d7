/** What an identity provider publishes about itself: its discovery document and its set of keys, read with suspicion. */

import type { JSONWebKeySet, JWK } from 'jose'
import { MeshwrightError } from '../../../platform/errors.ts'

/** `jwks_uri` of an OpenID discovery document that must be this issuer's own. Throws `FETCH_FAILED`. */
export function keyUrlIn(body: Buffer, issuer: string): string {
  const document = objectIn(body, 'the discovery document')
  if (document.issuer !== issuer) throw unusable(`the discovery document is of another issuer than ${issuer}`)
  if (typeof document.jwks_uri !== 'string') throw unusable('the discovery document names no jwks_uri')
  return document.jwks_uri
}

/** Only public keys for signatures are kept of it: a symmetric or private one would be no proof. Throws `FETCH_FAILED`. */
export function keySetIn(body: Buffer): JSONWebKeySet {
  const { keys } = objectIn(body, 'the key set')
  if (!Array.isArray(keys)) throw unusable('the key set has no list of keys')
  const usable = keys.filter(isPublicSigningKey).slice(0, mostKeys)
  if (usable.length === 0) throw unusable('the key set has no public key for signatures')
  return { keys: usable }
}

const mostKeys = 100

function isPublicSigningKey(key: unknown): key is JWK {
  if (!isObject(key)) return false
  const { kty, use, kid, d } = key
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return false
  return (use === undefined || use === 'sig') && (kid === undefined || typeof kid === 'string') && d === undefined
}

function objectIn(body: Buffer, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (isObject(value)) return value
  } catch (cause) {
    throw unusable(`${what} is not JSON`, cause)
  }
  throw unusable(`${what} is no object`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unusable(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('FETCH_FAILED', { message, cause })
}
