import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { verifyCsr } from '../certificates/csr.ts'
import { signingBy } from '../certificates/signer.ts'
import { newCsr } from '../testing/requests.ts'
import { createCryptography, cryptographyHere } from './cryptography.ts'

const pairs = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'RSA-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
}

test('threads find in a request what is found here, and refuse what is refused here', async () => {
  const cryptography = createCryptography()
  const csr = await newCsr()
  const { publicKey } = await cryptography.verifyCsr(`text before\n${csr}`)
  const due = verifyCsr(csr).publicKey
  assert.deepEqual({ ...publicKey, request: publicKey.request?.() }, { ...due, request: due.request?.() })
  const bad = csr.replace('M', 'N')
  await assert.rejects(cryptography.verifyCsr(bad), { code: 'CA_CSR_INVALID' })
  await assert.rejects(cryptographyHere.verifyCsr(bad), { code: 'CA_CSR_INVALID' })
  await cryptography.stop()
})

test('keys of every kind sign alike here and in threads', async () => {
  const cryptography = createCryptography()
  // A window on a larger buffer must not lose its place on the way.
  const bytes = Buffer.alloc(1000, 'to be signed').subarray(100, 700)
  for (const state of ['before any thread', 'with threads']) {
    for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
      const { signingKey } = signingBy(privateKey)
      const signature = await cryptography.sign(signingKey, bytes)
      assert.ok(verify(signingKey.hash, bytes, publicKey, signature), `${name} ${state}`)
    }
    await cryptography.verifyCsr(await newCsr())
  }
  await cryptography.stop()
})
