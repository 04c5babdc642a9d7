import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { newCsr } from '../testing/requests.ts'
import { certifiedPeer, startRig } from '../testing/rig.ts'
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

test('what the certificate service refuses is in the log: strangers as a count, workloads by name', async () => {
  const rig = await startRig()
  try {
    const web = 'spiffe://cluster.local/ns/photo/sa/web'
    const peer = certifiedPeer([web], rig.clock.now() + 3_600_000)
    for (let i = 0; i < 3; i += 1) await assert.rejects(rig.call({ csr: await newCsr() }))
    await assert.rejects(rig.call({ csr: 'no request', peer }))
    await assert.rejects(rig.call({ csr: await newCsr(), peer, validitySeconds: 1e9 }))
    rig.clock.advance(60_000)
    await rig.authority.transparency.append({ kind: 'trust' })
    const refused = rig.authority.transparency.entries({ kind: 'refusal', limit: 10, order: 'oldest-first' })
    assert.deepEqual(
      refused.map(({ entry }) => [entry.identity, entry.details?.code, entry.details?.count]),
      [
        [web, 'CA_CSR_INVALID', undefined],
        [web, 'CA_TTL_TOO_LONG', undefined],
        [undefined, 'CA_UNAUTHENTICATED', 3],
      ],
    )
  } finally {
    await rig.close()
  }
})
