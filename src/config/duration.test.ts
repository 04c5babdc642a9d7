import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationMs, parseDurationMs } from './duration.ts'

test('durations are read in the notation of Go and of proto JSON', () => {
  const cases: readonly [string, number][] = [
    ['10s', 10_000],
    ['1.5s', 1500],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['100us', 0.1],
    ['.5s', 500],
    ['0', 0],
    ['0s', 0],
    ['-1s', -1000],
    ['9223372036s', 9_223_372_036_000],
  ]
  for (const [text, ms] of cases) assert.equal(parseDurationMs(text), ms, text)
})

test('text that is no duration is refused', () => {
  for (const text of ['', '10', 's', '1 s', '1d', '1s ', '1.2.3s', '--1s', '1e3s', 'Infinity', '9223372037s']) {
    assert.equal(parseDurationMs(text), undefined, text)
    assert.throws(() => durationMs(text), RangeError)
  }
})
