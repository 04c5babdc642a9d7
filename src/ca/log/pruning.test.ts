import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import { leafHash } from '../../platform/transparency/merkle.ts'
import { isConsistent, rootFromInclusion } from '../../platform/transparency/proofs.ts'
import { issuanceNumber, type LogRig, startLogRig } from '../testing/log-rig.ts'
import { keptHashOf } from './pruning.ts'

const dayMs = 24 * 3_600_000
const by = { evidence: 'management', detail: '' }
const revocation = { kind: 'revocation', identity: 'spiffe://td/ns/a/sa/b', serialNumber: 'AB' } as const

let rig: LogRig
beforeEach(async () => {
  rig = await startLogRig()
})
afterEach(() => rig.close())

const faults = async (): Promise<readonly string[]> => (await rig.log.audit()).faults
const prune = (olderThanDays: number) => rig.log.prune(rig.clock.now() - olderThanDays * dayMs, by)

/** 20 certificates with a revocation in the middle, a hundred days ago, and 3 entries of now. */
async function age(): Promise<{ readonly checkpoints: readonly Checkpoint[]; readonly bodies: readonly Buffer[] }> {
  const checkpoints: Checkpoint[] = []
  for (const count of [4, 5]) {
    await rig.issue(count)
    checkpoints.push(rig.log.checkpoint())
  }
  await rig.log.append(revocation)
  await rig.issue(11)
  checkpoints.push(rig.log.checkpoint())
  const bodies = Array.from({ length: rig.log.size }, (_, index) => rig.log.entryBytes(index) ?? Buffer.alloc(0))
  rig.clock.jump(100 * dayMs)
  for (let i = 0; i < 3; i += 1) await rig.log.append({ kind: 'trust', details: { generation: i } })
  return { checkpoints, bodies }
}

test('the bytes of old certificates go, and every proof of before holds, in this run and in the next', async () => {
  const { checkpoints, bodies } = await age()
  assert.deepEqual(await prune(95), { untilIndex: 21, forgotten: 20 })
  for (const run of ['this', 'next']) {
    if (run === 'next') await rig.restart()
    const now = rig.log.checkpoint()
    for (const checkpoint of checkpoints) {
      const proof = rig.log.proveConsistency(checkpoint.treeSize)
      assert.ok(isConsistent(proof, checkpoint.rootHash, now.rootHash))
      assert.equal(rig.log.witness(checkpoint, 'a test'), undefined)
    }
    for (const [index, body] of bodies.entries()) {
      const proof = rig.log.proveInclusion(index, now.treeSize)
      assert.deepEqual(rig.log.leafHash(index), leafHash(body))
      assert.deepEqual(rootFromInclusion(leafHash(body), proof), now.rootHash)
    }
    assert.deepEqual(await faults(), [])
    assert.equal(rig.log.status().forgotten, 20)
    assert.equal(rig.log.metrics().meshwright_ca_log_forgotten_entries, 20)
    await rig.issue(1)
  }
})

test('what stays are revocations, what is younger, and the entry that says what was forgotten', async () => {
  await age()
  await prune(95)
  const left = rig.log.entries({ limit: 100, order: 'oldest-first' })
  assert.deepEqual(
    left.map(({ index, entry }) => `${index} ${entry.kind}`),
    ['9 revocation', '21 trust', '22 trust', '23 trust', '24 prune'],
  )
  assert.equal(rig.log.entryBytes(3), undefined)
  assert.equal(rig.log.indexOfSerial(issuanceNumber(4).serialNumber), undefined)
  assert.deepEqual(rig.store.issuances(100), [])
  const { entry } = left.at(-1) ?? assert.fail()
  assert.deepEqual(entry.caller, { ...by, peerAddress: '' })
  assert.deepEqual(entry.details, {
    before: new Date(rig.clock.now() - 95 * dayMs).toISOString(),
    untilIndex: 21,
    entries: 20,
    kept: 1,
    keptHash: keptHashOf([9]),
  })
  assert.deepEqual(await prune(95), { untilIndex: 21, forgotten: 0 })
  assert.equal(rig.log.size, 25, 'nothing is said when there was nothing to do')
})

test('what is younger than the longest life of a certificate cannot be forgotten, nor anything while a restore waits', async () => {
  await age()
  await assert.rejects(prune(89), { code: 'LOG_PRUNE_REFUSED', message: /90 days/ })
  await rig.restart(handle => handle.exec("INSERT INTO restore_pending VALUES (1, 1, 'a test', NULL)"))
  await assert.rejects(prune(95), { code: 'LOG_PRUNE_REFUSED', message: /a restore waits/ })
})

test('a certificate that has not ended stays, with everything behind it', async () => {
  await rig.issue(3)
  await rig.log.recordIssuance({ ...issuanceNumber(50), notAfterMs: rig.clock.now() + 200 * dayMs }, undefined)
  await rig.issue(3)
  rig.clock.jump(100 * dayMs)
  await rig.issue(1)
  assert.deepEqual(await prune(95), { untilIndex: 3, forgotten: 3 })
  assert.equal(rig.store.issuances(100).length, 5)
  assert.deepEqual(await faults(), [])
})

test('a second pruning goes on where the first one ended', async () => {
  await age()
  await prune(95)
  await rig.log.append(revocation)
  await rig.log.recordIssuance({ ...issuanceNumber(60), issuedAtMs: rig.clock.now() }, undefined)
  rig.clock.jump(200 * dayMs)
  await rig.log.append({ kind: 'trust' })
  const { forgotten } = await prune(100)
  assert.equal(forgotten, 1)
  assert.deepEqual(await faults(), [])
})

test('one that was cut short is done to its end at the next start', async () => {
  await age()
  const details = { before: '', untilIndex: 21, entries: 20, kept: 1, keptHash: keptHashOf([9]) }
  await rig.log.append({ kind: 'prune', details })
  assert.deepEqual(await faults(), [], 'what is still there is no fault')
  await rig.restart()
  for (let i = 0; i < 500 && rig.log.status().forgotten < 20; i += 1) await new Promise(r => setTimeout(r, 10))
  assert.equal(rig.log.status().forgotten, 20)
  assert.deepEqual(await faults(), [])
})

test('more than fits into one write is forgotten too', async () => {
  await rig.issue(700)
  rig.clock.jump(100 * dayMs)
  await rig.log.append({ kind: 'trust' })
  assert.deepEqual(await prune(95), { untilIndex: 700, forgotten: 700 })
  assert.deepEqual(await faults(), [])
})

const hide = (position: number): string =>
  `INSERT INTO log_forgotten SELECT ${position}, zeroblob(32); DELETE FROM log_entry WHERE position = ${position};`

const tamperings: Readonly<Record<string, readonly [change: string, fault: RegExp]>> = {
  'an entry that was taken away like a pruned one': [hide(22), /entry 22 is gone and no entry says that it was pruned/],
  'a revocation that was taken away with the pruned ones': [hide(9), /entries before 21 are gone that were not pruned/],
  'a hash of a forgotten entry changed': [
    'UPDATE log_forgotten SET hash = zeroblob(32) WHERE position = 4',
    /hash of entries 4 to 5 is another/,
  ],
  'a hash of a forgotten entry removed': ['DELETE FROM log_forgotten WHERE position = 4', /entries 4 to 4 are missing/],
  'hashes of forgotten entries removed': [
    'DELETE FROM log_forgotten WHERE position BETWEEN 4 AND 7',
    /entries 4 to 7 are missing/,
  ],
  'a row of a certificate whose entry is forgotten': [
    `INSERT INTO issuance (serial_number, identity, issued_at_ms, not_after_ms, key_fingerprint, evidence, evidence_detail,
       peer_address, log_position) VALUES ('AA', 'x', 1, 1, '', '', '', '', 4)`,
    /1 rows of certificates have entries that are forgotten/,
  ],
}

for (const [what, [change, fault]] of Object.entries(tamperings)) {
  test(`the audit of a pruned log finds ${what}`, async () => {
    await age()
    await prune(95)
    await rig.restart(handle => handle.exec(change))
    assert.match((await faults()).join('\n'), fault)
  })
}

test('without a record of it nothing may be gone', async () => {
  await age()
  await rig.restart(handle => handle.exec(hide(4)))
  assert.match((await faults()).join('\n'), /entry 4 is gone and no entry says that it was pruned/)
})

test('an entry cannot be deleted through SQL unless its hash is kept in the same write', async () => {
  await rig.issue(3)
  const sql = 'DELETE FROM log_entry WHERE position = 1'
  await assert.rejects(rig.log.append(revocation, [{ sql, parameters: [] }]), /append-only/)
})

test('by its settings the log is pruned each day', async t => {
  const own = await startLogRig({ log: { keepDays: 120 } })
  t.after(() => own.close())
  await own.issue(5)
  own.clock.jump(119 * dayMs)
  await own.log.append({ kind: 'trust' })
  const turn = async (ms: number): Promise<void> => {
    own.clock.advance(ms)
    for (let i = 0; i < 20; i += 1) await new Promise(resolve => setTimeout(resolve, 5))
  }
  await turn(61_000)
  assert.equal(own.log.status().forgotten, 0)
  own.clock.jump(2 * dayMs)
  own.clock.advance(dayMs)
  for (let i = 0; i < 500 && own.log.status().forgotten < 5; i += 1) await new Promise(r => setTimeout(r, 10))
  assert.equal(own.log.status().forgotten, 5)
  const [last] = own.log.entries({ kind: 'prune', limit: 1, order: 'newest-first' })
  assert.equal(last?.entry.caller?.evidence, 'settings')
})
