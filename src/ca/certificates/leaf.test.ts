import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { randomSerialBytes, serialNumberFrom } from './leaf.ts'

const nowMs = Date.UTC(2026, 0, 1)

test('serial numbers are positive, of 16 bytes, and never twice the same in one moment', () => {
  const numbers = Array.from({ length: 1000 }, () => serialNumberFrom(randomBytes(randomSerialBytes), nowMs))
  for (const number of numbers) assert.match(number.toString('hex'), /^[4-7][0-9a-f]{31}$/)
  assert.equal(new Set(numbers.map(number => number.toString('hex'))).size, numbers.length)
})

test('a later serial number is a larger one, so that new ones stand together in an index', () => {
  const numbers = [0, 1, 1000, 3_600_000, 365 * 24 * 3_600_000].map(laterMs =>
    serialNumberFrom(randomBytes(randomSerialBytes), nowMs + laterMs).toString('hex'),
  )
  assert.deepEqual(numbers, numbers.toSorted())
})

test('all that is random of a serial number is in it', () => {
  const random = randomBytes(randomSerialBytes)
  assert.deepEqual(serialNumberFrom(random, nowMs).subarray(16 - randomSerialBytes), random)
})
