import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { writeCredential } from '../credential.ts'
import { createAuthenticator } from './caller.ts'
import { createGrants, longestGrantMs } from './grants.ts'
import { localToken } from './local-credential.ts'
import { roleFrom } from './role.ts'

const dayMs = 86_400_000
const uri = 'spiffe://td/ns/ops/sa/ci'

function rig(t: TestContext) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'meshwright-grants-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const clock = new FakeClock()
  const grants = createGrants({ directory, now: () => clock.now() })
  const authenticate = createAuthenticator({
    grants,
    now: () => clock.now(),
    refuseCertificate: ({ serialNumber }) => (serialNumber === 'BAD' ? 'revoked' : undefined),
  })
  const byToken = (token: string) => authenticate({ authorization: `Bearer ${token}`, certificate: undefined })
  const byCertificate = (more: object = {}) =>
    authenticate({
      authorization: undefined,
      certificate: { kind: 'verified', uris: [uri], serialNumber: '01', notAfterMs: clock.now() + dayMs, ...more },
    })
  return { directory, clock, grants, byToken, byCertificate }
}

const request = { name: 'alice', role: { kind: 'viewer' }, ttlMs: dayMs, by: 'test' } as const

test('a token is good until its end or its revocation, and its text is on no disk', t => {
  const { directory, clock, grants, byToken } = rig(t)
  const { token, grant } = grants.createToken(request)
  assert.deepEqual(byToken(token), {
    id: `token:${grant.id}:alice`,
    role: { kind: 'viewer' },
    expiresAtMs: clock.now() + dayMs,
  })
  const folder = path.join(directory, 'access')
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  for (const name of readdirSync(folder)) {
    assert.equal(statSync(path.join(folder, name)).mode & 0o777, 0o600)
    assert.ok(!readFileSync(path.join(folder, name), 'utf8').includes(token))
  }
  clock.advance(dayMs)
  assert.throws(() => byToken(token), /the token is expired/)
  const other = grants.createToken(request)
  grants.revoke(other.grant.id, 'test')
  assert.throws(() => byToken(other.token), /the token is revoked/)
  assert.throws(() => byToken('x'.repeat(43)), /not known/)
})

test('a file that somebody else has written grants nothing under another name', t => {
  const { directory, grants, byToken } = rig(t)
  const { grant } = grants.createToken(request)
  const folder = path.join(directory, 'access')
  writeFileSync(path.join(folder, `${'a'.repeat(16)}.json`), readFileSync(path.join(folder, `${grant.id}.json`)))
  assert.equal(grants.list().length, 1)
  for (const token of ['../../etc/passwd-is-long', 'a'.repeat(16)]) assert.throws(() => byToken(token), /not known/)
})

test('a certificate has the role of its identity, no longer than it holds, and only while the authority stands by it', t => {
  const { clock, grants, byCertificate } = rig(t)
  assert.throws(() => byCertificate(), /identity is not known/)
  grants.grantIdentity(uri, { ...request, role: { kind: 'editor', namespaces: ['shop'] }, ttlMs: 2 * dayMs })
  assert.deepEqual(byCertificate(), {
    id: uri,
    role: { kind: 'editor', namespaces: ['shop'] },
    expiresAtMs: clock.now() + dayMs,
  })
  assert.throws(() => byCertificate({ notAfterMs: clock.now() }), /expired/)
  assert.throws(() => byCertificate({ serialNumber: 'BAD' }), /revoked/)
  assert.throws(() => byCertificate({ uris: [uri, `${uri}2`] }), /exactly one URI/)
  assert.throws(() => byCertificate({ uris: [] }), /exactly one URI/)
  clock.advance(2 * dayMs)
  assert.throws(() => byCertificate(), /identity is expired/)
})

test('a grant needs an end within a year, a name that can be shown, and of an editor its namespaces', t => {
  const { grants } = rig(t)
  for (const ttlMs of [0, -1, Number.NaN, longestGrantMs + 1])
    assert.throws(() => grants.createToken({ ...request, ttlMs }))
  for (const name of ['', 'a\nb', '\u202ex', 'x'.repeat(65)])
    assert.throws(() => grants.createToken({ ...request, name }))
  for (const namespaces of [undefined, [], 'shop', [''], ['*'], ['../x'], ['Shop']]) {
    assert.equal(roleFrom('editor', namespaces), undefined, JSON.stringify(namespaces))
  }
  assert.equal(roleFrom('root', ['a']), undefined)
})

test('what ended is remembered for ninety days', t => {
  const { clock, grants } = rig(t)
  const { grant } = grants.createToken(request)
  clock.advance(91 * dayMs)
  grants.createToken(request)
  assert.equal(grants.list().length, 2)
  clock.advance(dayMs)
  grants.createToken(request)
  assert.ok(!grants.list().some(({ id }) => id === grant.id))
})

test('the local token is renewed before it ends, stays over a restart, and is not taken back once revoked', t => {
  const { directory, clock, grants, byToken } = rig(t)
  const start = (): string => {
    const token = localToken(directory, grants, clock.now())
    writeCredential(directory, { address: 'x', rootPem: 'y', token })
    return token
  }
  const first = start()
  clock.advance(59 * dayMs)
  assert.equal(start(), first)
  clock.advance(2 * dayMs)
  const second = start()
  assert.notEqual(second, first)
  // Who still holds the old one has time to take the new one.
  assert.deepEqual([byToken(first).role, byToken(second).role], [{ kind: 'admin' }, { kind: 'admin' }])
  grants.revoke(grants.ofToken(second)?.id ?? '', 'test')
  assert.notEqual(start(), second)
})
