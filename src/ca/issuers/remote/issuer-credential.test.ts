import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { tokenStatus } from '../upstream/shown-token.ts'
import { credentialState, credentialWarnings, type IssuerCredential } from './issuer-credential.ts'

const certificate: IssuerCredential = {
  kind: 'certificate',
  notAfterMs: 100_000,
  lifeMs: 100_000,
  renewedBy: 'us',
  fault: '',
}

test('a credential is due in the last quarter of its life, and one without an end never is', () => {
  const states = [0, 75_000, 75_001, 100_000].map(nowMs => credentialState(certificate, nowMs))
  assert.deepEqual(states, ['good', 'good', 'soon', 'ended'])
  assert.equal(credentialState({ ...certificate, notAfterMs: undefined }, 1e15), 'good')
})

test('a warning names what ends, when, and why it was not renewed', () => {
  assert.deepEqual(credentialWarnings([certificate], 0), [])
  assert.deepEqual(credentialWarnings([{ ...certificate, fault: 'the issuer refused' }], 90_000), [
    'the certificate that is shown to the issuer ends at 1970-01-01T00:01:40.000Z: the issuer refused',
  ])
})

test('the end of a token is told when it is a JWT; a file that is not there is a fault', t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-token-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'token')
  const put = (text: string): IssuerCredential => {
    writeFileSync(file, text)
    return tokenStatus(file)
  }
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = put(`${encoded({})}.${encoded({ iat: 1000, exp: 4600 })}.c2ln\n`)
  assert.deepEqual([jwt.notAfterMs, jwt.lifeMs, jwt.fault], [4_600_000, 3_600_000, ''])
  for (const other of ['opaque', 'a.b.c', `${encoded({})}.${encoded(7)}.x`]) {
    assert.deepEqual([put(other).notAfterMs, put(other).fault], [undefined, ''], other)
  }
  assert.match(tokenStatus(path.join(folder, 'none')).fault, /ENOENT/)
})
