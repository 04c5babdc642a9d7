import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { createRateLimit } from './rate-limit.ts'

test('after its burst a key waits for its rate, and other keys do not', () => {
  const clock = new FakeClock()
  const limit = createRateLimit({ burst: 2, perSecond: 4 }, clock)
  limit.take('a')
  limit.take('a')
  assert.equal(limit.waitMs('a'), 250)
  assert.equal(limit.waitMs('b'), 0)
  clock.advance(250)
  assert.equal(limit.waitMs('a'), 0)
})

test('a spent key is not forgotten among thousands of others', () => {
  const clock = new FakeClock()
  const limit = createRateLimit({ burst: 1, perSecond: 1 }, clock)
  limit.take('spent')
  for (let i = 0; i < 5000; i += 1) limit.take(`key ${i}`)
  assert.equal(limit.waitMs('spent'), 1000)
})
