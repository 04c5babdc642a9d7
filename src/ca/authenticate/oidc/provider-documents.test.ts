import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { MeshwrightError } from '../../../platform/errors.ts'
import { keySetIn, keyUrlIn } from './provider-documents.ts'

const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const unusable = (thrown: unknown) => thrown instanceof MeshwrightError && thrown.code === 'FETCH_FAILED'
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicKey = pair.publicKey.export({ format: 'jwk' })

test('a discovery document counts only for exactly its own issuer', () => {
  const document = { issuer: 'https://idp.test', jwks_uri: 'https://keys.test/' }
  assert.equal(keyUrlIn(bodyOf(document), 'https://idp.test'), 'https://keys.test/')
  assert.throws(() => keyUrlIn(bodyOf(document), 'https://idp.test/'), unusable)
  for (const bad of [{ issuer: 'https://idp.test' }, { ...document, jwks_uri: 5 }, [], null, 'text']) {
    assert.throws(() => keyUrlIn(bodyOf(bad), 'https://idp.test'), unusable)
  }
  assert.throws(() => keyUrlIn(Buffer.from('{'), 'https://idp.test'), unusable)
})

test('of a key set only public keys for signatures are kept', () => {
  const keys = [
    { ...publicKey, kid: 'good' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'symmetric' },
    { ...pair.privateKey.export({ format: 'jwk' }), kid: 'private' },
    { ...publicKey, use: 'enc', kid: 'encryption' },
    { ...publicKey, kid: 7 },
    null,
    'text',
  ]
  assert.deepEqual(
    keySetIn(bodyOf({ keys })).keys.map(key => key.kid),
    ['good'],
  )
  for (const bad of [{ keys: keys.slice(1) }, { keys: [] }, { keys: {} }, {}, []]) {
    assert.throws(() => keySetIn(bodyOf(bad)), unusable)
  }
})
