import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultTtlLimits, formatDuration, grantedTtlMs } from './ttl.ts'

const hourMs = 3_600_000

test('no or a negative life is the default, one up to the maximum is granted', () => {
  assert.equal(grantedTtlMs(0, defaultTtlLimits), 24 * hourMs)
  assert.equal(grantedTtlMs(-5, defaultTtlLimits), 24 * hourMs)
  assert.equal(grantedTtlMs(1000, defaultTtlLimits), 1000)
  assert.equal(grantedTtlMs(2160 * hourMs, defaultTtlLimits), 2160 * hourMs)
})

test('more than the maximum is refused with the text that clients of Istio know', () => {
  assert.throws(() => grantedTtlMs(87_600 * hourMs, defaultTtlLimits), {
    code: 'CA_TTL_TOO_LONG',
    message: 'requested TTL 87600h0m0s is greater than the max allowed TTL 2160h0m0s',
  })
  assert.throws(() => grantedTtlMs(Number(2n ** 63n) * 1000, defaultTtlLimits), { code: 'CA_TTL_TOO_LONG' })
})

test('durations are written as Go writes them', () => {
  assert.deepEqual([0, 5000, 65_000, 3_600_000, 90_061_000].map(formatDuration), [
    '0s',
    '5s',
    '1m5s',
    '1h0m0s',
    '25h1m1s',
  ])
})
