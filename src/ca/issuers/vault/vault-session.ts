/** The token that requests bear: got by one of three ways, renewed at half its life, and got anew when it can be renewed no more. */

import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '../../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import type { VaultSettings } from '../../settings/issuer.ts'
import type { IssuerCredential } from '../remote/issuer-credential.ts'
import { type VaultClient, VaultDenied } from './vault-client.ts'

export interface VaultSession {
  /** Calls `task` with a token; when that is denied, once more with a new one. */
  run<T>(task: (token: string) => Promise<T>): Promise<T>
  /** The token in use; none before the first call. */
  credentials(): readonly IssuerCredential[]
  /** Renewals that failed, since the start. */
  readonly failures: number
  stop(): void
}

export interface VaultSessionOptions {
  readonly authentication: VaultSettings['authentication']
  readonly client: VaultClient
  readonly clock: Clock
  readonly log: Log
}

const retryMs = 5_000
const renewSelf = 'auth/token/renew-self'

export function createVaultSession({ authentication, client, clock, log }: VaultSessionOptions): VaultSession {
  let current: Promise<Token> | undefined
  let timer: Timer | undefined
  let stopped = false
  let known: IssuerCredential | undefined
  let failures = 0

  const token = (): Promise<Token> => {
    current ??= logIn().catch((thrown: unknown) => {
      current = undefined
      throw thrown
    })
    return current
  }
  const logIn = async (): Promise<Token> => {
    const got = await tokenBy(authentication, client)
    log.info({ method: authentication.kind, ttlMs: got.ttlMs, renewable: got.isRenewable }, 'token of Vault')
    schedule(got)
    return got
  }
  const schedule = ({ ttlMs }: Token): void => {
    timer?.cancel()
    const ends = ttlMs === 0 ? undefined : clock.now() + ttlMs
    const lifeMs = ttlMs === 0 ? undefined : ttlMs
    known = { kind: 'token', notAfterMs: ends, lifeMs, renewedBy: 'us', fault: '' }
    // A token without an end, such as a root token.
    if (stopped || ttlMs === 0) return
    timer = clock.after(ttlMs / 2, () => void prolong())
  }
  const prolong = async (): Promise<void> => {
    if (stopped) return
    try {
      const old = await token()
      const renewed = old.isRenewable ? await renew(client, old) : undefined
      // What comes near its greatest life is prolonged by less and less.
      const isLong = renewed !== undefined && renewed.ttlMs > old.fullTtlMs / 3
      current = Promise.resolve(isLong ? renewed : await logIn())
      if (isLong) schedule(renewed)
    } catch (thrown) {
      const error = errorFrom(thrown)
      failures += 1
      if (known !== undefined) known = { ...known, fault: error.message }
      log.warn({ code: error.code, reason: error.message, retryInMs: retryMs }, 'token of Vault not renewed')
      if (thrown instanceof VaultDenied) current = undefined
      if (!stopped) timer = clock.after(retryMs, () => void prolong())
    }
  }
  return {
    async run(task) {
      const used = await token()
      try {
        return await task(used.text)
      } catch (thrown) {
        if (!(thrown instanceof VaultDenied)) throw thrown
        // Others may have got a new one meanwhile.
        if ((await current?.catch(() => undefined)) === used) current = undefined
        const again = await token()
        if (again.text === used.text) throw thrown
        return task(again.text)
      }
    },
    credentials: () => (known === undefined ? [] : [known]),
    get failures() {
      return failures
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}

interface Token {
  readonly text: string
  /** 0: it does not end. */
  readonly ttlMs: number
  /** When it was got. */
  readonly fullTtlMs: number
  readonly isRenewable: boolean
}

async function tokenBy(authentication: VaultSettings['authentication'], client: VaultClient): Promise<Token> {
  const { kind, mount } = authentication
  switch (kind) {
    case 'token': {
      const text = secretIn(authentication.tokenFile)
      const answer = await client.call({ method: 'GET', path: 'auth/token/lookup-self', token: text })
      const { ttl, renewable } = fieldsIn(answer, 'data')
      const ttlMs = Number(ttl ?? 0) * 1000
      return { text, ttlMs, fullTtlMs: ttlMs, isRenewable: renewable === true }
    }
    case 'app-role': {
      const body = { role_id: authentication.roleId, secret_id: secretIn(authentication.secretIdFile) }
      return tokenFrom(await client.call({ method: 'POST', path: `auth/${mount ?? 'approle'}/login`, body }))
    }
    case 'kubernetes': {
      const body = { role: authentication.role, jwt: secretIn(authentication.jwtFile ?? serviceAccountToken) }
      return tokenFrom(await client.call({ method: 'POST', path: `auth/${mount ?? 'kubernetes'}/login`, body }))
    }
  }
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

async function renew(client: VaultClient, old: Token): Promise<Token> {
  const renewed = tokenFrom(await client.call({ method: 'POST', path: renewSelf, token: old.text, body: {} }))
  return { ...renewed, fullTtlMs: old.fullTtlMs }
}

function tokenFrom(answer: unknown): Token {
  const { client_token: text, lease_duration: seconds, renewable } = fieldsIn(answer, 'auth')
  if (typeof text !== 'string' || text === '') {
    throw new MeshwrightError('CA_ISSUER_REFUSED', { message: 'Vault answered a login without a token' })
  }
  const ttlMs = Number(seconds ?? 0) * 1000
  return { text, ttlMs, fullTtlMs: ttlMs, isRenewable: renewable === true }
}

/** The members of an object within the answer; none when it is anything else. */
export function fieldsIn(answer: unknown, name: string): Readonly<Record<string, unknown>> {
  const value = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)[name] : undefined
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Read at each login, because such files are replaced. */
function secretIn(file: string | undefined): string {
  try {
    return readFileSync(file ?? '', 'utf8').trim()
  } catch (cause) {
    throw new MeshwrightError('CA_ISSUER_UNAVAILABLE', {
      message: `the credential for Vault cannot be read: ${(cause as Error).message}`,
      remedy: 'Put the file in place that issuer.vault.authentication names.',
      cause,
    })
  }
}
