import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { createPace, longestMs, shortestMs } from './pace.ts'

test('a backlog takes as long as the requests of late have taken, within bounds, and idle hours do not count', () => {
  const clock = new FakeClock()
  const pace = createPace(clock)
  assert.equal(pace.msFor(0), shortestMs)
  assert.equal(pace.msFor(2000), 2000)
  for (let i = 0; i < 200; i += 1) {
    clock.advance(10)
    pace.finished()
  }
  const steady = pace.msFor(1000)
  assert.ok(steady > 9_900 && steady <= 10_000, String(steady))
  clock.advance(3_600_000)
  pace.finished()
  assert.equal(pace.msFor(1000), steady)
  assert.equal(pace.msFor(1e6), longestMs)
})
