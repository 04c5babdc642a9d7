import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { type Log, silentLog } from '../../platform/log.ts'
import type { Agents } from '../agents/agents.ts'
import type { RootRotation } from '../rotation/rotation.ts'
import type { RotationRecords } from '../rotation/rotation-records.ts'
import { p256 } from '../testing/openssl.ts'
import { opensslSigner } from '../testing/signers.ts'
import { createExpiryWatch } from './expiry-warnings.ts'
import { trustMetrics } from './trust-metrics.ts'
import { createTrustStore } from './trust-store.ts'

const dayMs = 24 * 3_600_000

test('a root that ends is said in the log once at 90, 30 and 7 days and at its end, the last two as errors, and in metrics', async () => {
  const { certificatePem: pem } = opensslSigner(p256)
  const endMs = new X509Certificate(pem).validToDate.getTime()
  const clock = new FakeClock(endMs - 91 * dayMs)
  const trust = createTrustStore({ records: { trust: () => undefined, saveTrust: async () => {} }, log: silentLog })
  await trust.open(() => [{ fingerprint: 'f', pem }])
  const said: string[] = []
  const note = (level: string) => (facts: object) => void said.push(`${level} ${(facts as { days: number }).days}`)
  const log = { ...silentLog, warn: note('warn'), error: note('error') } as Log
  const warned = (): number =>
    trustMetrics({
      trust,
      agents: { status: () => [] } as Partial<Agents> as Agents,
      rotation: { lagging: 0 } as Partial<RootRotation> as RootRotation,
      records: { rotation: () => undefined } as Partial<RotationRecords> as RotationRecords,
      nowMs: () => clock.now(),
    }).meshwright_ca_root_expiry_warning_days
  const watch = createExpiryWatch({ trust, clock, log })
  watch.start()
  assert.deepEqual([said, warned()], [[], -1])
  for (const [days, expected] of [
    [1, 90],
    [60, 30],
    [23, 7],
  ] as const) {
    clock.advance(days * dayMs)
    assert.equal(warned(), expected)
  }
  assert.deepEqual(said, ['warn 90', 'warn 30', 'error 7'])
  clock.advance(8 * dayMs)
  assert.deepEqual([said.at(-1), warned()], ['error 0', 0])
  watch.stop()
})
