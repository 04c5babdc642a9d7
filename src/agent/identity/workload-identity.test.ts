import 'reflect-metadata'
import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { test } from 'node:test'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { MeshwrightError } from '../../platform/errors.ts'
import { spiffeIdOf } from '../../platform/spiffe.ts'
import { CallFailed } from '../daemon/daemon-client.ts'
import { hourMs, never, spiffeId, token, unavailable, until, withRig } from '../testing/identity-rig.ts'
import { renewalTime, retryBounds } from './renewal-time.ts'
import { type SuggestedRenewal, suggestedRenewal } from './suggested-renewal.ts'

const code = (expected: string) => (error: unknown) => error instanceof MeshwrightError && error.code === expected

test('the first certificate comes by join token, and the token is never shown again once there is one', () =>
  withRig(async ({ agent, asked, state }) => {
    const first = await agent({ kind: 'token', text: `${token()}\n` }).start(never)
    assert.equal(first.spiffeId.uri, spiffeId.uri)
    assert.deepEqual([asked[0]?.request.bearer, asked[0]?.request.clusterId], [token(), 'c1'])
    assert.equal(asked[0]?.trust.identity, undefined)
    await assert.rejects(stat(state.joinKeyFile))
    const again = await agent({ kind: 'token', text: token() }).start(never)
    assert.equal(again.serialNumber, first.serialNumber)
    assert.equal(asked.length, 1)
  }))

test('a restart needs no credential while the certificate on disk holds, and one after its end does', () =>
  withRig(async ({ agent, asked, clock }) => {
    await agent({ kind: 'token', text: token() }).start(never)
    await agent({ kind: 'none' }).start(never)
    assert.equal(asked.length, 1)
    clock.advance(10 * hourMs)
    await assert.rejects(agent({ kind: 'none' }).start(never), code('AGENT_NO_CREDENTIAL'))
  }))

test('a token that has expired is not sent, and the error says when it did', () =>
  withRig(async ({ agent, asked, clock }) => {
    const text = token(spiffeId, Date.parse('2026-01-02T03:04:05Z'))
    await assert.rejects(
      agent({ kind: 'token', text }).start(never),
      error => code('AGENT_NO_CREDENTIAL')(error) && /expired at 2026-01-02T03:04:05\.000Z/.test(String(error)),
    )
    assert.equal(asked.length, 0)
    assert.ok(clock.now() > Date.parse('2026-01-02T03:04:05Z'))
  }))

test('a token for another identity replaces the certificate on disk', () =>
  withRig(async ({ agent }) => {
    await agent({ kind: 'token', text: token() }).start(never)
    const api = spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'photo', serviceAccount: 'api' })
    const replaced = await agent({ kind: 'token', text: token(api) }).start(never)
    assert.equal(replaced.spiffeId.uri, api.uri)
  }))

test('renewal comes at the drawn moment, over mutual TLS with the old certificate and with a new key', () =>
  withRig(async ({ agent, asked, clock }) => {
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    let renewed = 0
    identity.onRenewed(() => {
      renewed += 1
    })
    // random 0.5 draws the middle of 40 to 70 %.
    clock.advance(5.5 * hourMs - 2_000)
    assert.equal(asked.length, 1)
    clock.advance(3_000)
    await until(() => renewed === 1)
    assert.equal(asked[1]?.request.bearer, undefined)
    assert.equal(asked[1]?.trust.identity?.chainPem, first.chainPem)
    const second = identity.current
    assert.ok(second !== undefined && second.notAfterMs > first.notAfterMs)
    const publicKey = (pem: string): string =>
      createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('hex')
    assert.notEqual(publicKey(second.keyPem), publicKey(first.keyPem))
    assert.ok(new X509Certificate(second.chainPem).publicKey.asymmetricKeyType === 'ec')
  }))

test('only a certificate that a token gave may be of another authority: neither a renewal nor the one on disk is', () =>
  withRig(async ({ agent, clock, joined }) => {
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    assert.deepEqual(joined, [first.serialNumber])
    clock.advance(6 * hourMs)
    await until(() => identity.current?.serialNumber !== first.serialNumber)
    identity.stop()
    await agent({ kind: 'token', text: token() }).start(never)
    assert.deepEqual(joined, [first.serialNumber])
  }))

test('Kuma 2.14.2: a renewal that fails is tried again after growing delays, whatever the reason, while the old one serves', () =>
  withRig(async ({ agent, asked, clock, failures }) => {
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    const refusal = new CallFailed({ code: 'PERMISSION_DENIED', message: 'no' })
    failures.push(unavailable, refusal, unavailable)
    let scheduled = clock.scheduled
    clock.advance(5.5 * hourMs + 1_000)
    for (const [index, delayMs] of [1_000, 2_000, 4_000].entries()) {
      scheduled += 1
      await until(() => clock.scheduled === scheduled)
      assert.equal(asked.length, index + 2)
      clock.advance(delayMs - 10)
      assert.equal(clock.scheduled, scheduled)
      assert.equal(identity.current?.serialNumber, first.serialNumber)
      clock.advance(20)
      await until(() => asked.length === index + 3)
    }
    await until(() => identity.current?.serialNumber !== first.serialNumber)
  }))

test('a daemon that is away is asked again, with the same key', () =>
  withRig(async ({ agent, asked, clock, failures }) => {
    failures.push(unavailable, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    const started = agent({ kind: 'token', text: token() }).start(never)
    for (const tries of [1, 2]) {
      await until(() => clock.scheduled === tries)
      clock.advance(2_000)
    }
    await started
    const keys = asked.map(({ request }) => new Pkcs10CertificateRequest(request.csrPem).publicKey.toString('hex'))
    assert.equal(keys.length, 3)
    assert.equal(new Set(keys).size, 1)
  }))

test('a token that the authority refuses ends the start with its reason', () =>
  withRig(async ({ agent, failures }) => {
    failures.push(new CallFailed({ code: 'UNAUTHENTICATED', message: 'used' }))
    await assert.rejects(agent({ kind: 'token', text: token() }).start(never), code('AGENT_CERTIFICATE_REFUSED'))
    await assert.rejects(agent({ kind: 'token', text: 'nonsense' }).start(never), code('JOIN_TOKEN_MALFORMED'))
    await assert.rejects(agent({ kind: 'token-file', file: '/nonexistent' }).start(never), code('AGENT_OPTION_INVALID'))
  }))

test('the moment of renewal lies in 40 to 70 % of the life, and retries fit into what is left of it', () => {
  const certificate = { issuedAtMs: 1_000, notAfterMs: 2_000 }
  const bounds = (renewal?: SuggestedRenewal): number[] => {
    const given = renewal === undefined ? certificate : { ...certificate, renewal }
    return [renewalTime(given, () => 0), renewalTime(given, () => 1)]
  }
  assert.deepEqual(bounds(), [1_400, 1_700])
  assert.deepEqual(bounds({ afterMs: 500, beforeMs: 510 }), [1_500, 1_510])
  assert.deepEqual(bounds({ afterMs: 690, beforeMs: 900 }), [1_690, 1_700])
  assert.deepEqual(bounds({ afterMs: 0, beforeMs: 0 }), [1_400, 1_400])
  assert.deepEqual(bounds({ afterMs: 5_000, beforeMs: 9_000 }), [1_700, 1_700])
  assert.deepEqual(retryBounds(0, 24 * hourMs), { firstMs: 1_000, longestMs: 300_000 })
  assert.deepEqual(retryBounds(0, 60_000), { firstMs: 600, longestMs: 3_000 })
})

test('a suggestion that is not two whole numbers in order is none', () => {
  const said = (afterMs: string, beforeMs: string) =>
    suggestedRenewal(
      new Map([
        ['meshwright-renew-after-ms', afterMs],
        ['meshwright-renew-before-ms', beforeMs],
      ]),
    )
  assert.deepEqual(said('10', '20'), { afterMs: 10, beforeMs: 20 })
  for (const [afterMs, beforeMs] of [
    ['20', '10'],
    ['-1', '5'],
    ['1e3', '5000'],
    ['', ''],
    ['NaN', '1'],
  ] as const) {
    assert.equal(said(afterMs, beforeMs), undefined)
  }
  assert.equal(suggestedRenewal(new Map()), undefined)
})

test('a daemon that is busy is left alone for as long as it asks, within a minute', () =>
  withRig(async ({ clock, agent, asked, failures }) => {
    failures.push(new CallFailed({ code: 'RESOURCE_EXHAUSTED', message: 'busy', retryAfterMs: 20_000 }))
    failures.push(new CallFailed({ code: 'RESOURCE_EXHAUSTED', message: 'busy', retryAfterMs: 9e8 }))
    const started = agent({ kind: 'token', text: token() }).start(never)
    await until(() => clock.scheduled === 1)
    clock.advance(19_999)
    assert.equal(asked.length, 1)
    clock.advance(1)
    await until(() => asked.length === 2 && clock.scheduled === 2)
    clock.advance(60_000)
    await started
    assert.equal(asked.length, 3)
  }))
