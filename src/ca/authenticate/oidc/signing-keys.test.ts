import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { FakeClock } from '../../../platform/clock.ts'
import type { FetchedDocument } from '../../../platform/guarded-fetch.ts'
import { silentLog } from '../../../platform/log.ts'
import { createSigningKeys, soonestMs } from './signing-keys.ts'

test('TOB Linkerd 2022: who presents a key id that nobody knows makes nobody else wait for the provider', async () => {
  const clock = new FakeClock()
  const jwk = {
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
    kid: 'known',
  }
  const document: FetchedDocument = { body: Buffer.from(JSON.stringify({ keys: [jwk] })), url: '', headers: {} }
  let answer: Promise<FetchedDocument> = Promise.resolve(document)
  let fetches = 0
  const keys = createSigningKeys({
    issuer: 'https://provider.example',
    keysUrl: 'https://provider.example/keys',
    server: { kind: 'web' },
    fetch: () => {
      fetches += 1
      return answer
    },
    records: { providerKeys: () => undefined, saveProviderKeys: async () => undefined },
    clock,
    log: silentLog,
  })
  await keys.keysFor('known')
  const slow = Promise.withResolvers<FetchedDocument>()
  answer = slow.promise
  clock.advance(soonestMs)
  let hasAnswer = false
  const unknown = keys.keysFor('unknown').then(() => {
    hasAnswer = true
  })
  assert.equal((await keys.keysFor('known')).mayBeMissing, false)
  assert.equal(hasAnswer, false)
  slow.resolve(document)
  await unknown
  assert.equal(fetches, 2)
})
