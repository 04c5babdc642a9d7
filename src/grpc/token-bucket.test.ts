import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import { TokenBucket } from './token-bucket.ts'

test('a burst passes at once, then the rate', () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, clock)
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take(), bucket.take()], [true, true, true, false])
  clock.advance(500)
  assert.deepEqual([bucket.take(), bucket.take()], [true, false])
  clock.advance(60_000)
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take(), bucket.take()], [true, true, true, false])
})

test('reservations queue behind each other until the wait is too long', () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 10 }, new FakeClock())
  assert.deepEqual(
    Array.from({ length: 5 }, () => bucket.reserve(300)),
    [0, 100, 200, 300, undefined],
  )
})

test('refilling forgives', () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, new FakeClock())
  assert.deepEqual([bucket.take(), bucket.take()], [true, false])
  bucket.refill()
  assert.equal(bucket.take(), true)
})
