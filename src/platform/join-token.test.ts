import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshwrightError } from './errors.ts'
import { formatJoinTokenClaims, type JoinTokenClaims, parseJoinToken } from './join-token.ts'
import { spiffeIdOf } from './spiffe.ts'

const claims: JoinTokenClaims = {
  id: 'a1-B2_c3',
  identity: spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'photo', serviceAccount: 'web' }),
  expiresAtMs: 1_800_000_000_000,
  rootFingerprints: ['ab'.repeat(32), 'cd'.repeat(32)],
}

const isMalformed = (thrown: unknown): boolean =>
  thrown instanceof MeshwrightError && thrown.code === 'JOIN_TOKEN_MALFORMED'

const tokenOf = (body: unknown): string => `mwj1.${Buffer.from(JSON.stringify(body)).toString('base64url')}.c2ln`

test('claims survive writing and reading', () => {
  const signedText = formatJoinTokenClaims(claims)
  const token = parseJoinToken(`${signedText}.${Buffer.from('signature').toString('base64url')}`)
  assert.deepEqual(token, { claims, signedText, signature: Buffer.from('signature') })
})

test('a token that lacks a claim, or has one of the wrong kind, is refused', () => {
  const good = {
    id: 'x',
    trustDomain: 'td',
    namespace: 'n',
    serviceAccount: 's',
    expiresAtMs: 5,
    roots: ['ab'.repeat(32)],
  }
  parseJoinToken(tokenOf(good))
  for (const name of Object.keys(good)) {
    assert.throws(() => parseJoinToken(tokenOf({ ...good, [name]: undefined })), isMalformed, name)
    assert.throws(() => parseJoinToken(tokenOf({ ...good, [name]: { toString: 'x' } })), isMalformed, name)
  }
  for (const roots of [[], ['AB'.repeat(32)], ['ab'.repeat(31)], ['ab'.repeat(32), 7]]) {
    assert.throws(() => parseJoinToken(tokenOf({ ...good, roots })), isMalformed)
  }
  assert.throws(() => parseJoinToken(tokenOf({ ...good, namespace: '../x' })), isMalformed)
  assert.throws(() => parseJoinToken(tokenOf([good])), isMalformed)
})

test('a text of another form is refused without being repeated', () => {
  for (const text of [
    '',
    'mwj1',
    'mwj1..',
    'mwj2.e30.c2ln',
    ' mwj1.e30.c2ln',
    'mwj1.e30.c2ln\n',
    'mwj1.e30.c2ln.x',
    'secret-word',
  ]) {
    assert.throws(() => parseJoinToken(text), isMalformed, text)
  }
  assert.throws(
    () => parseJoinToken('secret-word'),
    (thrown: Error) => !thrown.message.includes('secret-word'),
  )
  assert.throws(() => parseJoinToken(`mwj1.${'A'.repeat(9000)}.c2ln`), isMalformed)
})

test('Kuma 2.14.2: whatever the text, reading it ends in claims or in one kind of error', () => {
  const body = fc.oneof(fc.string(), fc.json(), fc.constant('['.repeat(5000)))
  fc.assert(
    fc.property(body, text => {
      try {
        parseJoinToken(`mwj1.${Buffer.from(text).toString('base64url')}.c2ln`)
      } catch (thrown) {
        assert.ok(isMalformed(thrown), String(thrown))
      }
    }),
  )
})
