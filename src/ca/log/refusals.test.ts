import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import type { LogContent } from './log-entry.ts'
import { createRefusalLog, mostKinds } from './refusals.ts'

function started() {
  const clock = new FakeClock()
  const entries: LogContent[] = []
  return { clock, entries, refusals: createRefusalLog({ clock, append: content => entries.push(content) }) }
}
const known = {
  identity: 'spiffe://td/ns/a/sa/b',
  caller: { evidence: 'client-certificate', detail: '0A', peerAddress: '192.0.2.1:1' },
  code: 'CA_TTL_TOO_LONG',
  reason: 'x'.repeat(1000),
} as const

test('callers who prove nothing have one entry a minute for each address and reason, with a count', () => {
  const { clock, entries, refusals } = started()
  const startMs = clock.now()
  for (let port = 1; port <= 500; port += 1) refusals.caller(`192.0.2.1:${port}`, 'CA_UNAUTHENTICATED')
  clock.advance(30_000)
  refusals.caller('192.0.2.1:9', 'CA_UNAUTHENTICATED')
  refusals.caller('192.0.2.1:9', 'CA_REQUEST_INVALID')
  refusals.caller('[2001:db8::1]:9', 'CA_UNAUTHENTICATED')
  assert.equal(entries.length, 0)
  clock.advance(30_000)
  assert.deepEqual(entries[0], {
    kind: 'refusal',
    caller: { evidence: 'none', detail: '', peerAddress: '192.0.2.1' },
    details: { code: 'CA_UNAUTHENTICATED', count: 501, firstAtMs: startMs, lastAtMs: startMs + 30_000 },
  })
  assert.deepEqual(
    entries.map(({ caller, details }) => [caller?.peerAddress, details?.code, details?.count]),
    [
      ['192.0.2.1', 'CA_UNAUTHENTICATED', 501],
      ['192.0.2.1', 'CA_REQUEST_INVALID', 1],
      ['2001:db8::1', 'CA_UNAUTHENTICATED', 1],
    ],
  )
  clock.advance(600_000)
  assert.equal(entries.length, 3)
})

test('a known caller is logged at once, and what follows within the minute as a count', () => {
  const { clock, entries, refusals } = started()
  refusals.request(known)
  assert.equal(entries[0]?.identity, known.identity)
  assert.equal(String(entries[0]?.details?.reason).length, 300)
  for (let i = 0; i < 100; i += 1) refusals.request(known)
  assert.equal(entries.length, 1)
  clock.advance(60_000)
  assert.equal(entries.length, 2)
  assert.equal(entries[1]?.details?.count, 100)
  refusals.request(known)
  assert.equal(entries.length, 3)
})

test('a flood from more addresses than can be told apart is one entry more', () => {
  const { clock, entries, refusals } = started()
  for (let i = 0; i < 10 * mostKinds; i += 1) refusals.caller(`2001:db8::${i}`, 'CA_UNAUTHENTICATED')
  clock.advance(60_000)
  assert.equal(entries.length, mostKinds + 1)
  assert.equal(entries.at(-1)?.details?.count, 9 * mostKinds)
})

test('what was counted is logged when it stops', () => {
  const { entries, refusals } = started()
  refusals.caller('192.0.2.1:1', 'CA_UNAUTHENTICATED')
  refusals.stop()
  assert.equal(entries.length, 1)
})
