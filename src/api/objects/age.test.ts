import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAge } from './age.ts'

test('ages are written as kubectl writes them', () => {
  const second = 1000
  const minute = 60 * second
  const hour = 60 * minute
  const day = 24 * hour
  const cases: readonly (readonly [number, string])[] = [
    [-5, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [5 * minute + 3 * second, '5m3s'],
    [179 * minute, '179m'],
    [7 * hour + 5 * minute, '7h5m'],
    [47 * hour, '47h'],
    [3 * day + 12 * hour, '3d12h'],
    [100 * day, '100d'],
    [770 * day, '2y40d'],
  ]
  for (const [ageMs, text] of cases) assert.equal(formatAge(ageMs), text)
})
