import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, afterEach, before, beforeEach, suite, test } from 'node:test'
import fc from 'fast-check'
import { createLocalJWKSet } from 'jose'
import { FakeClock } from '../../../platform/clock.ts'
import type { ErrorCode } from '../../../platform/error-codes.ts'
import { MeshwrightError } from '../../../platform/errors.ts'
import { type IdentityProvider, startIdentityProvider } from '../../testing/identity-provider.ts'
import { opensslText } from '../../testing/openssl.ts'
import { newCsr } from '../../testing/requests.ts'
import { type CaRig, startRig, tlsPeer } from '../../testing/rig.ts'
import { oidcTokenAuthenticator } from './oidc-token.ts'
import { freshMs, soonestMs } from './signing-keys.ts'

function fails(code: ErrorCode): (thrown: unknown) => boolean {
  return thrown => {
    assert.ok(thrown instanceof MeshwrightError, String(thrown))
    assert.equal(thrown.code, code)
    return true
  }
}

suite('tokens of a real OpenID provider', () => {
  let provider: IdentityProvider
  let rig: CaRig
  let csr: string
  let folder: string

  before(async () => {
    provider = await startIdentityProvider()
    csr = await newCsr()
    folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-oidc-'))
    writeFileSync(path.join(folder, 'root.pem'), provider.rootPem)
  })
  after(async () => {
    await provider.stop()
    rmSync(folder, { recursive: true })
  })
  beforeEach(async () => {
    rig = await startRig({ settings: { callers: settings() } })
  })
  afterEach(() => rig.close())

  const settings = () => ({
    oidc: [{ issuer: provider.issuer, audiences: ['istio-ca'], rootsFile: path.join(folder, 'root.pem') }],
    fetch: { allow: ['127.0.0.0/8', '::1/128'] },
  })

  test('prove the service account in their subject, and the record says which token', async () => {
    const [leafPem = ''] = await rig.call({ csr, token: await provider.token() })
    assert.match(opensslText(leafPem), /URI:spiffe:\/\/cluster\.local\/ns\/photo\/sa\/web/)
    const [issuance] = rig.authority.issuances(1)
    assert.equal(issuance?.evidence, 'oidc-token')
    assert.equal(issuance?.evidenceDetail, `${provider.issuer} system:serviceaccount:photo:web`)
  })

  test('for another audience, of an ended life, with a changed payload or a subject that is no workload are no proof', async () => {
    const token = await provider.token()
    await rig.call({ csr, token })
    const [header = '', payload = '', signature = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'system:serviceaccount:photo:api' })).toString(
      'base64url',
    )
    for (const bad of [
      await provider.token({ audience: 'another-service' }),
      await provider.token({ subject: 'not a workload' }),
      [header, changed, signature].join('.'),
      [header, payload, ''].join('.'),
      `${token}.e30`,
    ]) {
      await assert.rejects(rig.call({ csr, token: bad }), fails('CA_UNAUTHENTICATED'))
    }
    await assert.rejects(
      rig.call({ csr, token, peer: { ...tlsPeer, transport: 'plaintext' } }),
      fails('CA_UNAUTHENTICATED'),
    )
    rig.clock.advance(632_000)
    await assert.rejects(rig.call({ csr, token }), fails('CA_UNAUTHENTICATED'))
  })

  test('CVE-2026-31837: while the provider is down its last good keys hold, also over a restart, and no other key', async context => {
    const token = await provider.token()
    await rig.call({ csr, token })
    await provider.stop()
    context.after(() => provider.start())
    rig.clock.advance(freshMs)
    await rig.call({ csr, token })
    await rig.restart()
    await rig.call({ csr, token })
    const foreign = signedBy(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, provider.issuer, 'unknown')
    rig.clock.advance(soonestMs)
    await assert.rejects(rig.call({ csr, token: foreign }), fails('CA_CALLER_UNVERIFIABLE'))
    const own = signedBy(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, provider.issuer, 'first')
    await assert.rejects(rig.call({ csr, token: own }), fails('CA_UNAUTHENTICATED'))
  })

  test('of a provider whose keys were never seen are told to come back while it is down', async context => {
    const token = await provider.token()
    await provider.stop()
    context.after(() => provider.start())
    await assert.rejects(rig.call({ csr, token }), (thrown: unknown) => {
      assert.ok(thrown instanceof MeshwrightError)
      assert.equal(thrown.grpcCode, 'UNAVAILABLE')
      assert.ok((thrown.retryAfterMs ?? 0) > 0)
      return true
    })
  })

  test('by a new key are good as soon as they come, and by the withdrawn one no longer', async context => {
    const old = await provider.token()
    await rig.call({ csr, token: old })
    await provider.stop()
    await provider.start('second')
    context.after(async () => {
      await provider.stop()
      await provider.start('first')
    })
    rig.clock.advance(soonestMs)
    await rig.call({ csr, token: await provider.token() })
    await assert.rejects(rig.call({ csr, token: old }), fails('CA_UNAUTHENTICATED'))
  })

  test('with made-up key ids make the daemon ask for keys no more than once in a while', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await rig.call({ csr, token: await provider.token() })
    const before = provider.keyRequests
    rig.clock.advance(soonestMs)
    const tokens = Array.from({ length: 50 }, (_, i) => signedBy(privateKey, provider.issuer, `made up ${i}`))
    const results = await Promise.allSettled(tokens.map(token => rig.call({ csr, token })))
    assert.ok(results.every(result => result.status === 'rejected' && fails('CA_UNAUTHENTICATED')(result.reason)))
    assert.equal(provider.keyRequests - before, 1)
  })
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function claimsOf(issuer: string): Record<string, unknown> {
  const seconds = Math.floor(Date.now() / 1000)
  return { iss: issuer, aud: 'istio-ca', sub: 'system:serviceaccount:photo:web', iat: seconds, exp: seconds + 600 }
}

function signedBy(key: KeyObject, issuer: string, kid: string): string {
  const text = `${encode({ alg: 'RS256', kid })}.${encode(claimsOf(issuer))}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

suite('headers of tokens', () => {
  const issuer = 'https://idp.test'
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' }
  const keys = createLocalJWKSet({ keys: [jwk] } as Parameters<typeof createLocalJWKSet>[0])
  const authenticator = oidcTokenAuthenticator({
    rules: [
      {
        issuer,
        audiences: ['istio-ca'],
        identity: { form: 'service-account' },
        requiredClaims: {},
        keys: { keysFor: async () => ({ keys, mayBeMissing: false }) },
      },
    ],
    trustDomain: 'cluster.local',
    clock,
  })
  const verdictOn = (token: string) =>
    authenticator.authenticate({ peer: tlsPeer, metadata: { authorization: `Bearer ${token}` } })
  const signedWith = (header: unknown, claims: unknown = claimsOf(issuer)): string => {
    const text = `${encode(header)}.${encode(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
  }

  test('a sound one is proof', async () => {
    assert.equal((await verdictOn(signedWith({ alg: 'RS256', kid: 'k1' }))).kind, 'proved')
  })

  test('Kuma 2.14.2: a key id that is no text is refused and harms nobody', async () => {
    for (const kid of [1, null, {}, [], ['k1'], { toString: 'k1' }, true, 'x'.repeat(300)]) {
      assert.equal((await verdictOn(signedWith({ alg: 'RS256', kid }))).kind, 'refused', JSON.stringify(kid))
    }
  })

  test('`none`, a MAC by the public key and other families of algorithms are refused', async () => {
    const claims = claimsOf(issuer)
    assert.equal((await verdictOn(`${encode({ alg: 'none' })}.${encode(claims)}.`)).kind, 'refused')
    assert.equal((await verdictOn(signedWith({ alg: 'none', kid: 'k1' }))).kind, 'refused')
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    for (const secret of [pem, publicKey.export({ type: 'spki', format: 'der' }), jwk.n ?? '']) {
      const text = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claims)}`
      const mac = createHmac('sha256', secret).update(text).digest('base64url')
      assert.equal((await verdictOn(`${text}.${mac}`)).kind, 'refused')
    }
    for (const alg of ['hs256', 'NONE', 'RS1', 'ES256K', 'dir', 'A128GCM', ['RS256'], { RS256: true }, 5]) {
      assert.equal((await verdictOn(signedWith({ alg, kid: 'k1' }))).kind, 'refused', JSON.stringify(alg))
    }
  })

  test('keys and addresses in the header itself are not looked at, and critical extensions are refused', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const header = {
      alg: 'RS256',
      jwk: other.publicKey.export({ format: 'jwk' }),
      jku: 'https://evil.test/keys',
      x5u: 'https://evil.test',
    }
    const text = `${encode(header)}.${encode(claimsOf(issuer))}`
    const forged = `${text}.${sign('sha256', Buffer.from(text), other.privateKey).toString('base64url')}`
    assert.equal((await verdictOn(forged)).kind, 'refused')
    assert.equal((await verdictOn(signedWith({ alg: 'RS256', kid: 'k1', crit: ['b64'], b64: false }))).kind, 'refused')
  })

  test('claims of a wrong kind, missing times and times that are not now are refused', async () => {
    const seconds = clock.now() / 1000
    const sound = claimsOf(issuer)
    for (const change of [
      { exp: undefined },
      { exp: String(seconds + 600) },
      { exp: seconds - 60 },
      { nbf: seconds + 60 },
      { sub: undefined },
      { sub: 7 },
      { sub: 'system:serviceaccount:photo:web:more' },
      { sub: 'system:serviceaccount:photo' },
      { sub: 'system:serviceaccount:photo:we/b' },
      { sub: 'system:serviceaccount:..:web' },
      { sub: 'spiffe://cluster.local/ns/photo/sa/web' },
      { aud: undefined },
      { aud: ['istio-ca-2'] },
      { aud: { 'istio-ca': true } },
      { iss: [issuer] },
      { iss: `${issuer}/` },
    ]) {
      const verdict = await verdictOn(signedWith({ alg: 'RS256', kid: 'k1' }, { ...sound, ...change }))
      assert.equal(verdict.kind, 'refused', JSON.stringify(change))
    }
  })

  test('whatever comes instead of a token, the answer is a refusal', async () => {
    const json = fc.json().map(text => Buffer.from(text).toString('base64url'))
    const part = fc.oneof(json, fc.base64String(), fc.string(), fc.constant(''), fc.constant('e30'))
    const header = fc.record({ alg: fc.anything(), kid: fc.anything(), typ: fc.anything() }, { requiredKeys: [] })
    const shaped = fc
      .tuple(
        header.map(value => encodeOrNothing(value)),
        json,
        part,
      )
      .map(parts => parts.join('.'))
    const anything = fc.oneof(
      fc.array(part, { maxLength: 6 }).map(parts => parts.join('.')),
      shaped,
    )
    await fc.assert(
      fc.asyncProperty(anything, async token => {
        const { kind } = await verdictOn(token)
        assert.ok(kind === 'refused' || kind === 'absent')
      }),
      { numRuns: 500 },
    )
  })
})

function encodeOrNothing(value: unknown): string {
  try {
    return encode(value)
  } catch {
    return ''
  }
}
