import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { opensslCsr, p256 } from '../testing/openssl.ts'
import { newCsr } from '../testing/requests.ts'
import { derFromPem, pemFromDer } from './pem.ts'
import { requestedNamesFault } from './requested-names.ts'

test('names are found in requests of two makers, and missed where there are none', async () => {
  assert.equal(requestedNamesFault(await newCsr()), undefined)
  const names = ['-addext', 'keyUsage=digitalSignature', '-addext', 'subjectAltName=URI:spiffe://td/ns/a/sa/b']
  assert.equal(requestedNamesFault(opensslCsr(p256, names)), undefined)
  assert.match(requestedNamesFault(opensslCsr(p256)) ?? '', /does not exist/)
  assert.match(requestedNamesFault(opensslCsr(p256, names.slice(0, 2))) ?? '', /does not exist/)
})

test('whatever is in a request, it is read or said to be unreadable, and nothing is thrown', async () => {
  const corpus = new URL('../corpus/', import.meta.url)
  for (const file of readdirSync(corpus)) requestedNamesFault(readFileSync(new URL(file, corpus), 'utf8'))
  const sound = derFromPem(await newCsr(), ['CERTIFICATE REQUEST']) ?? Buffer.alloc(0)
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (at, byte, length) => {
      const changed = Buffer.from(sound)
      changed[at] = byte
      requestedNamesFault(pemFromDer('CERTIFICATE REQUEST', changed))
      requestedNamesFault(pemFromDer('CERTIFICATE REQUEST', changed.subarray(0, Math.max(1, length))))
    }),
    { numRuns: 300 },
  )
})
