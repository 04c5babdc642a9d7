import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import { openRoots, rootLifeMs } from '../roots.ts'
import { openSecretSealer } from '../sealed-secrets.ts'
import { sqliteCaStore } from '../store/store-sqlite.ts'
import { caMigrations } from '../testing/schema.ts'
import { expiryWarnings } from '../trust/expiry-warnings.ts'
import { createTrustStore } from '../trust/trust-store.ts'
import { createRootRenewal } from './root-renewal.ts'

async function startRig(t: TestContext, crash: { beforeTrust: boolean } = { beforeTrust: false }) {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-renewal-'))
  const clock = new FakeClock()
  const database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
  t.after(async () => {
    await database.close()
    rmSync(directory, { recursive: true })
  })
  const store = sqliteCaStore(database)
  const sealer = openSecretSealer(directory, 'first-start')
  const open = async () => {
    const roots = await openRoots({ store, sealer, clock, log: silentLog, trustDomain: 'td' })
    const trust = createTrustStore({
      records: {
        trust: () => store.trust(),
        async saveTrust(state) {
          if (crash.beforeTrust && state.generation > 1) throw new Error('killed')
          await store.saveTrust(state)
        },
      },
      log: silentLog,
    })
    await trust.open(() => roots.made)
    const renewal = createRootRenewal({
      records: store,
      roots,
      trust,
      transparency: {
        async append(_content, statements = []) {
          await database.write(statements)
          return { index: 0 }
        },
      },
      clock,
      random: () => 0.5,
      log: silentLog,
    })
    return { roots, trust, renewal }
  }
  return { clock, store, open }
}

test('a root with a fifth of its life left gets a new life with the same key and name, and not before', async t => {
  const { clock, store, open } = await startRig(t)
  const { roots, trust, renewal } = await open()
  const before = new X509Certificate(roots.current.certificatePem)
  clock.advance(rootLifeMs * 0.79)
  await renewal.check()
  assert.equal(trust.current().generation, 1)
  clock.advance(rootLifeMs * 0.02)
  await renewal.check()
  const after = new X509Certificate(roots.current.certificatePem)
  assert.notEqual(after.fingerprint256, before.fingerprint256)
  assert.equal(after.subject, before.subject)
  assert.ok(after.publicKey.equals(before.publicKey))
  assert.ok(after.verify(before.publicKey))
  assert.ok(after.validToDate.getTime() > clock.now() + rootLifeMs * 0.99)
  assert.deepEqual(
    trust.current().roots.map(root => root.fingerprint),
    [roots.current.fingerprint],
  )
  assert.equal(store.retiredRoots()[0]?.certificatePem, `${before.toString()}`)
  await renewal.check()
  assert.equal(trust.current().generation, 2)
})

test('a daemon that dies before the renewed root is trusted finishes that at its next start', async t => {
  const crash = { beforeTrust: true }
  const { clock, open } = await startRig(t, crash)
  const first = await open()
  clock.advance(rootLifeMs * 0.9)
  await assert.rejects(first.renewal.check(), /killed/)
  crash.beforeTrust = false
  const second = await open()
  await second.renewal.start()
  second.renewal.stop()
  assert.deepEqual(
    second.trust.current().roots.map(root => root.fingerprint),
    [second.roots.current.fingerprint],
  )
})

test('warnings name the nearest threshold of 90, 30 and 7 days that a root has passed', async t => {
  const { clock, open } = await startRig(t)
  const { trust } = await open()
  const { roots } = trust.current()
  const notAfterMs = new X509Certificate(roots[0]?.pem ?? '').validToDate.getTime()
  const daysAt = (daysLeft: number) =>
    expiryWarnings(roots, notAfterMs - daysLeft * 24 * 3_600_000).map(warning => warning.days)
  assert.deepEqual(expiryWarnings(roots, clock.now()), [])
  assert.deepEqual(daysAt(91), [])
  assert.deepEqual(daysAt(90), [90])
  assert.deepEqual(daysAt(29), [30])
  assert.deepEqual(daysAt(7), [7])
  assert.deepEqual(daysAt(-1), [0])
})
