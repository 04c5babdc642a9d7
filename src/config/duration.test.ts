import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationMs, isFinerThanMs, parseDurationMs } from './duration.ts'

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

test('what is finer than a millisecond is told exactly, whatever the unit', () => {
  for (const text of ['1ms', '1.005s', '1000us', '0.5ms', '-0.5ms', '1h1ms', '2562047h', '.001s', '0'])
    assert.equal(isFinerThanMs(text), false, text)
  for (const text of ['1.0005s', '1001us', '1s1ns', '-1.5ms', '2562047h0.000000001s'])
    assert.equal(isFinerThanMs(text), true, text)
})
