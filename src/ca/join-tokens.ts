/**
 * Join tokens: made by the operator, spent by a machine that has no certificate yet. The text and its claims are in
 * platform/join-token.ts. A token is good when its HMAC verifies, its hash is in the store, it has not expired, and it
 * is used with no more keys than it has uses; a retry with a key that it knows already is always answered, so that an
 * agent whose answer was lost is not locked out.
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { formatJoinTokenClaims, type JoinTokenClaims, parseJoinToken } from '../platform/join-token.ts'
import { spiffeIdOf } from '../platform/spiffe.ts'
import type { TransparencyLog } from './log/transparency-log.ts'
import type { SecretSealer } from './sealed-secrets.ts'
import type { CaStore, StoredJoinToken, TokenBinding } from './store/store.ts'

export interface JoinTokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  /** How long it can be used; one hour when absent. */
  readonly ttlMs?: number
  /** With how many different keys; one when absent. */
  readonly uses?: number
}

export interface CreatedJoinToken {
  /** The secret. It is shown once and kept nowhere. */
  readonly text: string
  readonly claims: JoinTokenClaims
}

export interface JoinTokens {
  /** Throws `JOIN_TOKEN_OPTIONS_INVALID` or `SPIFFE_ID_INVALID`; resolves when the token can be used. */
  create(request: JoinTokenRequest): Promise<CreatedJoinToken>
  /** Throws `JOIN_TOKEN_MALFORMED` or `JOIN_TOKEN_REFUSED`. Whether it is spent is not looked at. */
  verify(text: string): JoinTokenClaims
  /**
   * Takes one use for this key, at once for everybody in this process. The caller records the binding together with the
   * issuance and then calls `recorded`; until then a crash gives the use back. Throws `JOIN_TOKEN_REFUSED` when spent.
   */
  bind(tokenId: string, keyFingerprint: string): TokenBinding
  recorded(binding: TokenBinding): void
  /** Those that have not expired, by when they do. */
  list(): readonly StoredJoinToken[]
  /**
   * From now on it is of no use; certificates that were made with it stay. Resolves when that is on disk and in the log.
   * Throws `JOIN_TOKEN_UNKNOWN`.
   */
  revoke(id: string): Promise<void>
}

export interface JoinTokensOptions {
  readonly store: CaStore
  readonly transparency: Pick<TransparencyLog, 'append'>
  readonly clock: Clock
  readonly trustDomain: string
  readonly rootFingerprints: () => readonly string[]
  /** For the HMAC: 32 random bytes that survive a restart. */
  readonly signingKey: Buffer
}

export const defaultJoinTokenTtlMs = 3_600_000
export const longestJoinTokenTtlMs = 30 * 24 * 3_600_000

export function createJoinTokens(options: JoinTokensOptions): JoinTokens {
  const { store, clock, transparency } = options
  /** Keys that took a use whose record is not on disk yet. */
  const unrecorded = new Map<string, Set<string>>()
  const sign = (signedText: string): Buffer => createHmac('sha256', options.signingKey).update(signedText).digest()

  return {
    async create(request) {
      const { ttlMs, uses } = limitsOf(request)
      const claims: JoinTokenClaims = {
        id: randomBytes(12).toString('base64url'),
        identity: spiffeIdOf({ trustDomain: options.trustDomain, ...partsOf(request) }),
        expiresAtMs: clock.now() + ttlMs,
        rootFingerprints: options.rootFingerprints(),
      }
      const signedText = formatJoinTokenClaims(claims)
      const text = `${signedText}.${sign(signedText).toString('base64url')}`
      const { id, identity, expiresAtMs } = claims
      await store.addJoinToken(
        { id, hash: hashOf(text), identity: identity.uri, expiresAtMs, uses },
        clock.now() - rememberMs,
      )
      return { text, claims }
    },
    verify(text) {
      const { claims, signedText, signature } = parseJoinToken(text)
      const due = sign(signedText)
      if (signature.length !== due.length || !timingSafeEqual(signature, due))
        throw refused('its signature is wrong', claims.id)
      const stored = store.joinToken(claims.id)
      if (stored === undefined || stored.hash !== hashOf(text))
        throw refused('it is not among those made here', claims.id)
      if (claims.expiresAtMs <= clock.now()) throw refused('it has expired', claims.id)
      if (claims.identity.trustDomain !== options.trustDomain)
        throw refused('it is for another trust domain', claims.id)
      return claims
    },
    bind(tokenId, keyFingerprint) {
      const stored = store.joinToken(tokenId)
      if (stored === undefined) throw refused('it is not among those made here', tokenId)
      const taken = unrecorded.get(tokenId) ?? new Set()
      const keys = new Set([...stored.keys, ...taken])
      if (!keys.has(keyFingerprint)) {
        if (keys.size >= stored.uses) throw refused('it has been used with another key', tokenId)
        unrecorded.set(tokenId, taken.add(keyFingerprint))
      }
      return { tokenId, keyFingerprint }
    },
    recorded({ tokenId, keyFingerprint }) {
      const taken = unrecorded.get(tokenId)
      taken?.delete(keyFingerprint)
      if (taken?.size === 0) unrecorded.delete(tokenId)
    },
    list: () => store.liveJoinTokens(clock.now()),
    async revoke(id) {
      const token = store.joinToken(id)
      if (token === undefined || token.expiresAtMs <= clock.now()) {
        throw new MeshwrightError('JOIN_TOKEN_UNKNOWN', {
          message: `no join token ${JSON.stringify(id.slice(0, 40))} is in force`,
          remedy: 'See `meshwright token list`.',
        })
      }
      const details = { target: 'join-token', value: id, keys: token.keys.length }
      await transparency.append(
        { kind: 'revocation', identity: token.identity, details },
        store.statementsForTokenEnd(id),
      )
    },
  }
}

/** Expired tokens stay this long, so that the log can still say "expired" instead of "unknown". */
const rememberMs = 7 * 24 * 3_600_000

function partsOf({ namespace, serviceAccount }: JoinTokenRequest): { namespace: string; serviceAccount: string } {
  return { namespace, serviceAccount }
}

function limitsOf(request: JoinTokenRequest): { ttlMs: number; uses: number } {
  const { ttlMs = defaultJoinTokenTtlMs, uses = 1 } = request
  if (!Number.isSafeInteger(ttlMs) || ttlMs <= 0 || ttlMs > longestJoinTokenTtlMs) {
    throw invalidOption('the life of a join token must be more than nothing and at most 30 days')
  }
  if (!Number.isSafeInteger(uses) || uses < 1 || uses > 100_000) {
    throw invalidOption('the uses of a join token must be a whole number from 1 to 100000')
  }
  return { ttlMs, uses }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function invalidOption(message: string): MeshwrightError {
  return new MeshwrightError('JOIN_TOKEN_OPTIONS_INVALID', { message, remedy: 'Choose another value.' })
}

function refused(reason: string, tokenId: string): MeshwrightError {
  return new MeshwrightError('JOIN_TOKEN_REFUSED', {
    message: `the join token is refused: ${reason}`,
    remedy: 'Make a new one with `meshwright token create`.',
    facts: { tokenId },
  })
}

const tokenKeyName = 'join token signing key'

/** The one in the store; the first time it is made. */
export async function tokenSigningKey(store: CaStore, sealer: SecretSealer): Promise<Buffer> {
  const sealed = store.secret(tokenKeyName)
  if (sealed !== undefined) return sealer.open(tokenKeyName, sealed)
  const key = randomBytes(32)
  await store.addSecret(tokenKeyName, sealer.seal(tokenKeyName, key))
  return key
}
