import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { createPace, longestMs, shortestMs } from './pace.ts'

const half = () => 0.5

test('a place is behind those in hand, at the pace of late, and time without a backlog does not count', () => {
  const clock = new FakeClock()
  const pace = createPace(clock, half)
  const alone = (inHand: number): number => {
    // As if nobody had been sent away before.
    clock.advance(longestMs)
    return pace.nextPlace(inHand)
  }
  assert.equal(alone(0), shortestMs)
  assert.equal(alone(2000), 2000)
  pace.finished(5)
  for (let i = 0; i < 2000; i += 1) {
    clock.advance(10)
    pace.finished(5)
  }
  const steady = alone(1000)
  assert.ok(steady > 9_900 && steady <= 10_000, String(steady))
  clock.advance(10)
  pace.finished(0)
  const before = alone(1000)
  for (let i = 0; i < 100; i += 1) {
    clock.advance(60_000)
    pace.finished(0)
  }
  assert.equal(alone(1000), before)
})

test('a herd that is sent away gets places one behind the other, and what is too far away is left to chance', () => {
  const pace = createPace(new FakeClock(), half)
  const places = Array.from({ length: 40_000 }, () => pace.nextPlace(1000))
  assert.deepEqual(places.slice(0, 4), [1000, 1001, 1002, 1003])
  assert.equal(places[29_000], longestMs)
  assert.equal(places[29_001], longestMs * 0.75)
  assert.ok(places.every(ms => ms >= shortestMs && ms <= longestMs))
})
