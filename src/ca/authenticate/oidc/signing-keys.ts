/**
 * The keys that an identity provider signs with: fetched, looked at, and kept. The last good ones stay in force while the
 * provider does not answer, also over a restart; with none there is no key at all, and nobody is believed.
 */

import type { JSONWebKeySet, LocalJWKSet } from 'jose'
import type { Clock } from '../../../platform/clock.ts'
import { errorFrom } from '../../../platform/errors.ts'
import type { GuardedFetch, ServerCheck } from '../../../platform/guarded-fetch.ts'
import { joseLibrary } from '../../../platform/late-libraries.ts'
import type { Log } from '../../../platform/log.ts'
import type { IdentityProviderRecords } from '../identity-provider-records.ts'
import { keySetIn, keyUrlIn } from './provider-documents.ts'

export interface SigningKeys {
  /**
   * Those of now; `keyId` is one that should be among them, for which the provider is asked again when it is not, though
   * not more than once in `soonestMs`. Rejects when there are none.
   */
  keysFor(keyId: string | undefined): Promise<CurrentKeys>
}

export interface CurrentKeys {
  readonly keys: LocalJWKSet
  /** The key that was asked for is not among them, and the provider, which may have it, does not answer. */
  readonly mayBeMissing: boolean
}

export interface SigningKeysOptions {
  readonly issuer: string
  /** Where the keys are; found by OpenID discovery when absent. */
  readonly keysUrl: string | undefined
  readonly server: ServerCheck
  readonly fetch: GuardedFetch
  readonly records: IdentityProviderRecords
  readonly clock: Clock
  readonly log: Log
}

/** Keys that are older are fetched anew before they are used, so that one which was withdrawn is soon none. */
export const freshMs = 5 * 60_000
/** Between two fetches, whatever callers present. */
export const soonestMs = 10_000

const fetchLimits = { largestBytes: 256 * 1024, timeoutMs: 5_000 }

interface Held {
  readonly keys: LocalJWKSet
  readonly ids: ReadonlySet<string | undefined>
}

export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const { issuer, clock, log, records } = options
  let held = heldFrom(keptKeys(options))
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let askedAtMs = Number.NEGATIVE_INFINITY
  let fault: unknown
  let fetching: Promise<void> | undefined

  const refresh = async (): Promise<void> => {
    askedAtMs = clock.monotonicMs()
    try {
      const set = await fetchKeys(options)
      held = heldFrom(set)
      fetchedAtMs = clock.monotonicMs()
      fault = undefined
      const saved = records.saveProviderKeys({ issuer, keySet: JSON.stringify(set), fetchedAtMs: clock.now() })
      saved.catch(err => log.error({ err, issuer }, 'keys of an identity provider not kept on disk'))
    } catch (thrown) {
      fault = thrown
      const keeps = held === undefined ? 'none' : 'the last good ones'
      log.warn({ issuer, reason: errorFrom(thrown).message, keeps }, 'keys of an identity provider not fetched')
    }
  }
  const holds = (keyId: string | undefined): boolean =>
    held !== undefined && (keyId === undefined || held.ids.has(keyId))
  const isDue = (keyId: string | undefined): boolean => {
    if (clock.monotonicMs() - askedAtMs < soonestMs) return false
    return !holds(keyId) || clock.monotonicMs() - fetchedAtMs >= freshMs
  }
  return {
    async keysFor(keyId) {
      if (fetching === undefined && isDue(keyId)) {
        fetching = refresh().finally(() => {
          fetching = undefined
        })
      }
      // With keys that will do, nobody waits for a provider that is slow to say the same again, nor because somebody else
      // presented a key id that nobody knows.
      const isFresh = clock.monotonicMs() - fetchedAtMs < freshMs
      const willDo = holds(keyId) && (fault !== undefined || isFresh)
      if (fetching !== undefined && !willDo) await fetching
      if (held === undefined) throw fault
      return { keys: held.keys, mayBeMissing: fault !== undefined && !holds(keyId) }
    },
  }
}

async function fetchKeys({ fetch, issuer, keysUrl, server }: SigningKeysOptions): Promise<JSONWebKeySet> {
  const get = async (url: string): Promise<Buffer> => (await fetch({ url, server, ...fetchLimits })).body
  const url = keysUrl ?? keyUrlIn(await get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`), issuer)
  return keySetIn(await get(url))
}

function keptKeys({ records, issuer, log }: SigningKeysOptions): JSONWebKeySet | undefined {
  const kept = records.providerKeys(issuer)
  if (kept === undefined) return undefined
  try {
    return keySetIn(Buffer.from(kept.keySet))
  } catch (err) {
    log.error({ err, issuer }, 'kept keys of an identity provider are not usable')
    return undefined
  }
}

function heldFrom(set: JSONWebKeySet): Held
function heldFrom(set: JSONWebKeySet | undefined): Held | undefined
function heldFrom(set: JSONWebKeySet | undefined): Held | undefined {
  if (set === undefined) return undefined
  return { keys: joseLibrary().createLocalJWKSet(set), ids: new Set(set.keys.map(key => key.kid)) }
}
