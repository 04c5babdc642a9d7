import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRenewalSchedule } from './renewal-schedule.ts'

const hourMs = 3_600_000
const nowMs = 1_800_000_000_000

/** Uniform in [0, 1) and the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('every suggestion lies in 40 to 70 % of the life', () => {
  for (const extreme of [0, 0.999_999]) {
    const { afterMs, beforeMs } = createRenewalSchedule(() => extreme).suggest(nowMs, nowMs + 1000 * hourMs)
    assert.ok(afterMs >= 400 * hourMs && beforeMs <= 700 * hourMs && afterMs < beforeMs)
  }
})

test('a fleet born in one moment does not renew together, and more evenly than by chance', () => {
  const random = seeded(7)
  const schedule = createRenewalSchedule(random)
  const perMinute = (timesMs: readonly number[]): number => {
    const counts = new Map<number, number>()
    for (const ms of timesMs) counts.set(Math.floor(ms / 60_000), (counts.get(Math.floor(ms / 60_000)) ?? 0) + 1)
    return Math.max(...counts.values())
  }
  const fleet = Array.from({ length: 10_000 })
  const suggested = perMinute(fleet.map(() => nowMs + schedule.suggest(nowMs, nowMs + 24 * hourMs).afterMs))
  const byChance = perMinute(fleet.map(() => nowMs + 24 * hourMs * (0.4 + 0.29 * random())))
  // The mean is 24 a minute.
  assert.ok(suggested <= 30, `${suggested} in the fullest minute`)
  assert.ok(byChance > suggested + 5, `${byChance} by chance`)
})

test('a certificate that has ended, or lives a second, still gets a sound suggestion', () => {
  const schedule = createRenewalSchedule(() => 0.5)
  assert.deepEqual(schedule.suggest(nowMs, nowMs - 5), { afterMs: 0, beforeMs: 0 })
  assert.deepEqual(schedule.suggest(nowMs, nowMs + 1000), { afterMs: 545, beforeMs: 555 })
})
