import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../platform/log.ts'
import type { TrustRecords } from './trust-records.ts'
import type { TrustedRoot, TrustState } from './trust-state.ts'
import { createTrustStore } from './trust-store.ts'

const root = (fingerprint: string): TrustedRoot => ({ fingerprint, pem: `PEM of ${fingerprint}\n` })

function memoryRecords(saves: TrustState[] = []): TrustRecords {
  return {
    trust: () => saves.at(-1),
    saveTrust: async state => void saves.push(state),
  }
}

test('the first start makes the given roots generation 1, and a later one keeps what was stored', async () => {
  const records = memoryRecords()
  const first = createTrustStore({ records, log: silentLog })
  assert.throws(() => first.current(), { code: 'CA_NOT_READY' })
  assert.deepEqual(await first.open(() => [root('a')]), { generation: 1, roots: [root('a')], federated: [], crls: [] })
  await first.change(content => ({ ...content, roots: [...content.roots, root('b')] }))
  const second = createTrustStore({ records, log: silentLog })
  await second.open(() => assert.fail('roots are there'))
  assert.equal(second.current().generation, 2)
  assert.deepEqual(second.current().roots, [root('a'), root('b')])
})

test('edits asked for at once are applied one after another, none lost', async () => {
  const store = createTrustStore({ records: memoryRecords(), log: silentLog })
  await store.open(() => [root('a')])
  await Promise.all(['b', 'c', 'd'].map(name => store.change(c => ({ ...c, roots: [...c.roots, root(name)] }))))
  assert.equal(store.current().generation, 4)
  assert.equal(
    store
      .current()
      .roots.map(each => each.fingerprint)
      .join(''),
    'abcd',
  )
})

test('handlers hear of a change when it is on disk, and of none that changes nothing', async () => {
  const saves: TrustState[] = []
  const store = createTrustStore({ records: memoryRecords(saves), log: silentLog })
  await store.open(() => [root('a')])
  const heard: number[] = []
  const stop = store.onChange(state => {
    assert.equal(saves.at(-1), state)
    heard.push(state.generation)
  })
  await store.change(content => ({ ...content, roots: [root('a')] }))
  await store.change(content => ({ ...content, roots: [root('b')] }))
  stop()
  await store.change(content => ({ ...content, roots: [root('c')] }))
  assert.deepEqual(heard, [2])
})

test('an edit or a write that fails changes nothing and stops no later one', async () => {
  const saves: TrustState[] = []
  let broken = false
  const store = createTrustStore({
    records: {
      trust: () => saves.at(-1),
      async saveTrust(state) {
        if (broken) throw new Error('disk full')
        saves.push(state)
      },
    },
    log: silentLog,
  })
  await store.open(() => [root('a')])
  await assert.rejects(
    store.change(() => {
      throw new Error('no')
    }),
    /no/,
  )
  broken = true
  await assert.rejects(
    store.change(content => ({ ...content, roots: [root('b')] })),
    /disk full/,
  )
  assert.deepEqual(store.current().roots, [root('a')])
  broken = false
  assert.equal((await store.change(content => ({ ...content, roots: [root('c')] }))).generation, 2)
})

test('one handler that throws keeps no other from the new trust', async () => {
  const store = createTrustStore({ records: memoryRecords(), log: silentLog })
  await store.open(() => [root('a')])
  let heard = 0
  store.onChange(() => {
    throw new Error('fault of a follower')
  })
  store.onChange(() => {
    heard += 1
  })
  await store.change(content => ({ ...content, roots: [root('b')] }))
  assert.equal(heard, 1)
})

test('bundles and CRLs are in a stable order whatever the order of the edits', async () => {
  const store = createTrustStore({ records: memoryRecords(), log: silentLog })
  await store.open(() => [root('a')])
  const bundle = (trustDomain: string) => ({ trustDomain, rootsPem: trustDomain })
  const crl = (issuerFingerprint: string) => ({ issuerFingerprint, pem: issuerFingerprint, nextUpdateMs: 1 })
  await store.change(content => ({ ...content, federated: [bundle('z'), bundle('b')], crls: [crl('2'), crl('1')] }))
  assert.deepEqual(
    store.current().federated.map(each => each.trustDomain),
    ['b', 'z'],
  )
  assert.deepEqual(
    store.current().crls.map(each => each.issuerFingerprint),
    ['1', '2'],
  )
})
