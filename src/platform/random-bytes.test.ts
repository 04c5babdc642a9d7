import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomBytesFromPage } from './random-bytes.ts'

test('nothing is given out twice, within a page or beyond it', () => {
  const given = Array.from({ length: 2000 }, () => randomBytesFromPage(16).toString('hex'))
  assert.equal(new Set(given).size, 2000)
  assert.ok(given.every(text => text.length === 32))
})

test('every bit is as often 0 as 1', () => {
  const ones = new Array<number>(128).fill(0)
  const rounds = 4000
  for (let round = 0; round < rounds; round += 1) {
    const bytes = randomBytesFromPage(16)
    for (let bit = 0; bit < 128; bit += 1) ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1)
  }
  // Eight standard deviations.
  assert.ok(ones.every(count => Math.abs(count - rounds / 2) < 8 * Math.sqrt(rounds / 4)))
})
