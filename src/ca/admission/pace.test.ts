import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { createPace, longestMs, shortestMs } from './pace.ts'

test('a backlog takes as long as the requests of late have taken, within bounds, and time without a backlog does not count', () => {
  const clock = new FakeClock()
  const pace = createPace(clock)
  assert.equal(pace.msFor(0), shortestMs)
  assert.equal(pace.msFor(2000), 2000)
  for (let i = 0; i < 2000; i += 1) {
    clock.advance(10)
    pace.finished(5)
  }
  const steady = pace.msFor(1000)
  assert.ok(steady > 9_900 && steady <= 10_000, String(steady))
  clock.advance(10)
  pace.finished(0)
  const before = pace.msFor(1000)
  for (let i = 0; i < 100; i += 1) {
    clock.advance(60_000)
    pace.finished(0)
  }
  assert.equal(pace.msFor(1000), before)
  assert.equal(pace.msFor(1e6), longestMs)
})
