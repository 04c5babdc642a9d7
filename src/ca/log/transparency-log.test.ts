import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type Sqlite from 'better-sqlite3'
import { databaseFileName } from '../../platform/database/database.ts'
import { isSignedBy, parseCheckpoint, parseVerifierKey } from '../../platform/transparency/checkpoint-note.ts'
import { leafHash } from '../../platform/transparency/merkle.ts'
import { isConsistent, rootFromInclusion } from '../../platform/transparency/proofs.ts'
import { type LogRig, startLogRig } from '../testing/log-rig.ts'
import { checkpointFileName } from './checkpoint-files.ts'
import { encodeLogEntry } from './log-entry.ts'
import { appendStep, createWriterExtension } from './log-writer.ts'

let rig: LogRig
beforeEach(async () => {
  rig = await startLogRig()
})
afterEach(() => rig.close())

const faults = async (): Promise<readonly string[]> => (await rig.log.audit()).faults
const revocation = { kind: 'revocation', identity: 'spiffe://td/ns/a/sa/b', serialNumber: 'AB' } as const

test('a certificate and its entry are one: index, look-ups and bytes agree', async () => {
  await rig.issue(7)
  await rig.log.append({ ...revocation, details: { reason: 'keyCompromise' } })
  assert.equal(rig.log.size, 8)
  const [found] = rig.log.entries({ serialNumber: '00000000000000000000000000000003', limit: 5, order: 'newest-first' })
  assert.equal(found?.index, 2)
  assert.equal(found.entry.kind, 'renewal')
  assert.deepEqual(rig.log.entryBytes(2), encodeLogEntry(found.entry))
  assert.equal(
    rig.log.entryBytes(7)?.toString(),
    `{"atMs":${rig.clock.now()},"details":{"reason":"keyCompromise"},"format":1,` +
      '"identity":"spiffe://td/ns/a/sa/b","kind":"revocation","serialNumber":"AB"}',
  )
  assert.equal(rig.log.indexOfSerial('00000000000000000000000000000007'), 6)
  assert.equal(rig.log.indexOfSerial('none'), undefined)
  const by = (query: object) =>
    rig.log.entries({ limit: 10, order: 'oldest-first', ...query }).map(entry => entry.index)
  assert.deepEqual(by({ identity: 'spiffe://td/ns/photo/sa/web-4' }), [3])
  assert.deepEqual(by({ identity: 'spiffe://td/ns/a/sa/b' }), [7])
  assert.deepEqual(by({ kind: 'revocation' }), [7])
  assert.deepEqual(by({ kind: 'renewal' }), [2, 5])
  assert.deepEqual(by({ from: 5, limit: 2 }), [5, 6])
  assert.deepEqual(by({ order: 'newest-first', limit: 2 }), [7, 6])
  assert.deepEqual(by({ sinceMs: 1_800_000_000_007 }), [6])
})

test('an append and its statements are all or nothing, and a failed one leaves no gap', async () => {
  await rig.issue(1)
  const results = await Promise.allSettled([
    rig.log.append(revocation),
    rig.log.append({ kind: 'rotation' }, [{ sql: 'INSERT INTO ca_secret (name) VALUES (?)', parameters: ['x'] }]),
    rig.log.append({ kind: 'trust' }, [
      { sql: 'INSERT INTO ca_secret (name, sealed) VALUES (?, ?)', parameters: ['kept', Buffer.from('x')] },
    ]),
  ])
  assert.deepEqual(
    results.map(result => (result.status === 'fulfilled' ? result.value.index : result.status)),
    [1, 'rejected', 2],
  )
  assert.deepEqual(rig.store.secret('kept'), Buffer.from('x'))
  await rig.restart()
  assert.deepEqual(await rig.log.append(revocation), { index: 3 })
  assert.deepEqual(await faults(), [])
})

test('every entry proves into a signed checkpoint, and every checkpoint into every later one', async () => {
  const checkpoints = [rig.log.checkpoint()]
  for (let i = 0; i < 20; i += 1) {
    await rig.issue(1 + (i % 3))
    checkpoints.push(rig.log.checkpoint())
  }
  const { origin, publicKey } = parseVerifierKey(rig.log.verifierKey())
  for (const checkpoint of checkpoints) {
    assert.equal(checkpoint.origin, origin)
    assert.ok(isSignedBy(parseCheckpoint(checkpoint.note), publicKey))
    for (const later of checkpoints.filter(other => other.treeSize >= checkpoint.treeSize)) {
      const proof = rig.log.proveConsistency(checkpoint.treeSize, later.treeSize)
      assert.ok(isConsistent(proof, checkpoint.rootHash, later.rootHash))
    }
    for (let index = 0; index < checkpoint.treeSize; index += 1) {
      const proof = rig.log.proveInclusion(index, checkpoint.treeSize)
      assert.deepEqual(
        rootFromInclusion(leafHash(rig.log.entryBytes(index) ?? Buffer.alloc(0)), proof),
        checkpoint.rootHash,
      )
    }
  }
  assert.throws(() => rig.log.proveInclusion(rig.log.size), { code: 'LOG_ENTRY_UNKNOWN' })
  assert.throws(() => rig.log.proveConsistency(0, rig.log.size + 1), { code: 'LOG_ENTRY_UNKNOWN' })
})

test('the tree goes on where it ended after a restart', async () => {
  await rig.issue(13)
  const before = rig.log.checkpoint()
  await rig.restart()
  await rig.issue(1)
  const after = rig.log.checkpoint()
  assert.ok(isConsistent(rig.log.proveConsistency(13), before.rootHash, after.rootHash))
  assert.deepEqual(await faults(), [])
  assert.deepEqual(rig.log.status().alarms, [])
})

test('the newest checkpoint lies in the data directory, and followers hear of it each minute when there is a newer one', async () => {
  const heard: number[] = []
  rig.log.onCheckpoint(checkpoint => heard.push(checkpoint.treeSize))
  await rig.issue(3)
  rig.clock.advance(60_000)
  rig.clock.advance(60_000)
  assert.deepEqual(heard, [3])
  const kept = parseCheckpoint(readFileSync(path.join(rig.directory, checkpointFileName), 'utf8'))
  assert.equal(kept.treeSize, 3)
})

test('the log cannot be changed or shortened through SQL by accident', async () => {
  await rig.issue(2)
  const change = (sql: string) => rig.log.append(revocation, [{ sql, parameters: [] }])
  await assert.rejects(change("UPDATE log_entry SET kind = 'issue'"), /append-only/)
  await assert.rejects(change('DELETE FROM log_entry WHERE position = 1'), /append-only/)
  await assert.rejects(change('DELETE FROM log_node'), /append-only/)
  assert.equal(rig.log.size, 2)
})

const tamperings: Readonly<Record<string, readonly [change: string, fault: RegExp]>> = {
  'an entry changed in its bytes': [
    "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), 'sa/web-5', 'sa/web-6') AS BLOB) WHERE position = 4",
    /is not what entry 4 says\nthe stored hash of entries 4 to 5 is another/,
  ],
  'an entry changed in a column': ["UPDATE log_entry SET kind = 'issue' WHERE position = 8", /columns of entry 8/],
  'an entry removed': ['DELETE FROM log_entry WHERE position = 4', /entries 4 to 4 are missing/],
  "a certificate's row changed": [
    'UPDATE issuance SET not_after_ms = 1 WHERE log_position = 4',
    /row of certificate .* is not what entry 4 says/,
  ],
  "a certificate's row removed": ['DELETE FROM issuance WHERE log_position = 4', /entry 4 has no row/],
  "a certificate's row added": [
    "INSERT INTO issuance SELECT 999, serial_number || '0', identity, issued_at_ms, not_after_ms, key_fingerprint, evidence, evidence_detail, peer_address, digest, issuer_fingerprint, log_position FROM issuance WHERE log_position = 4",
    /rows of two certificates/,
  ],
  'a certificate without an entry': [
    'UPDATE issuance SET log_position = NULL WHERE log_position = 4',
    /entry 4 has no row/,
  ],
  "a certificate's row of an entry that is not there": [
    "INSERT INTO issuance SELECT 999, serial_number || '0', identity, issued_at_ms, not_after_ms, key_fingerprint, evidence, evidence_detail, peer_address, digest, issuer_fingerprint, 9999 FROM issuance WHERE log_position = 4",
    /1 rows of certificates have no entry/,
  ],
  'a stored hash changed': [
    'UPDATE log_node SET hash = zeroblob(32) WHERE level = 2 AND position = 1',
    /hash of entries 4 to 7 is another/,
  ],
  'a stored hash removed': ['DELETE FROM log_node WHERE level = 1 AND position = 3', /hash of entries 6 to 7/],
  'an epoch made up': ["INSERT INTO log_epoch VALUES (1900000000, 3, 1, 'x')", /0 entries of a restore and 2 epochs/],
}

for (const [what, [change, fault]] of Object.entries(tamperings)) {
  test(`the audit finds ${what}`, async () => {
    await rig.issue(20)
    assert.deepEqual(await faults(), [])
    await rig.restart(handle => {
      handle.pragma('ignore_check_constraints = ON')
      handle.exec(change)
    })
    const found = await faults()
    assert.match(found.join('\n'), fault)
    assert.ok(found.length > 0)
    assert.ok(rig.log.metrics().meshwright_ca_log_audit_faults > 0)
  })
}

test('a log that was cut off at its end, or has lost a hash that it grows from, does not start', async () => {
  const cut = 'DELETE FROM issuance WHERE log_position >= 15; DELETE FROM log_entry WHERE position >= 15'
  for (const change of [cut, 'DELETE FROM log_node WHERE level = 4']) {
    const own = await startLogRig()
    await own.issue(20)
    await assert.rejects(
      own.restart(handle => handle.exec(change)),
      { code: 'LOG_DAMAGED', remedy: /restore a backup/ },
    )
  }
})

/** What an attacker does who knows the format and owns the database: all hashes are right again afterwards. */
function rewrite(handle: Sqlite.Database, keep: number, edit: (body: string, index: number) => string): void {
  const rows = handle.prepare('SELECT * FROM log_entry ORDER BY position LIMIT ?').all(keep) as {
    kind: string
    at_ms: number
    identity: string | null
    serial_number: string | null
    body: Buffer
  }[]
  handle.exec('DELETE FROM log_node; DELETE FROM log_entry')
  handle.prepare('DELETE FROM issuance WHERE log_position >= ?').run(keep)
  const extension = createWriterExtension(handle)
  rows.forEach((row, index) => {
    const body = Buffer.from(edit(row.body.toString(), index))
    extension.run(appendStep([row.kind, row.at_ms, row.identity, row.serial_number, body]))
  })
}

test('a log that was cut off with all its traces is betrayed by the checkpoint on disk, and closes issuing', async () => {
  await rig.issue(20)
  await rig.restart(handle => rewrite(handle, 15, body => body))
  assert.deepEqual(await faults(), [])
  const { alarms, restorePending } = rig.log.status()
  assert.equal(alarms[0]?.kind, 'roll-back')
  assert.equal(alarms[0].from, 'disk')
  assert.match(alarms[0].message, /had 20 entries .* ends at 15/)
  assert.match(restorePending?.reason ?? '', /roll-back/)
  const kinds = rig.log.entries({ from: 15, limit: 9, order: 'oldest-first' }).map(({ entry }) => entry.kind)
  assert.deepEqual(kinds, ['restore', 'alarm'])
  await rig.log.confirmRestore({ evidence: 'management', detail: '' })
  await rig.restart()
  assert.equal(rig.log.restorePending, undefined)
  assert.equal(rig.log.status().lostByRestore, 5)
  assert.deepEqual(await faults(), [])
})

test('a tree made anew around a changed entry passes every audit and is betrayed by a kept checkpoint', async () => {
  await rig.issue(20)
  const elsewhere = rig.log.checkpoint()
  rmSync(path.join(rig.directory, checkpointFileName))
  const forge = (handle: Sqlite.Database): void => {
    handle.prepare("UPDATE issuance SET peer_address = 'forged' WHERE log_position = 4").run()
    rewrite(handle, 20, (body, index) => (index === 4 ? body.replace('192.0.2.1:4711', 'forged') : body))
  }
  const disk = path.join(rig.directory, checkpointFileName)
  await rig.restart(handle => {
    forge(handle)
    rmSync(disk, { force: true })
  })
  assert.deepEqual(await faults(), [])
  assert.deepEqual(rig.log.status().alarms, [])
  await rig.issue(3)
  assert.equal(rig.log.witness(elsewhere, 'agent web')?.kind, 'fork')
  assert.match(rig.log.restorePending?.reason ?? '', /fork found by a checkpoint from agent web/)
  assert.equal(rig.log.metrics().meshwright_ca_log_alarms_total, 1)
  rig.log.witness(elsewhere, 'agent api')
  assert.equal(rig.log.metrics().meshwright_ca_log_alarms_total, 1)
})

test('an old copy of the database put in its place is betrayed by the disk, and a second time as well', async () => {
  await rig.issue(5)
  const copy = path.join(rig.directory, 'copy.db')
  await rig.restart(() => copyFileSync(path.join(rig.directory, databaseFileName), copy))
  await rig.issue(5)
  const putBack = (): void => {
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(path.join(rig.directory, `${databaseFileName}${suffix}`), { force: true })
    copyFileSync(copy, path.join(rig.directory, databaseFileName))
  }
  for (let round = 0; round < 2; round += 1) {
    rig.clock.advance(1000)
    await rig.restart()
    await putBackWhileClosed(putBack)
    assert.equal(rig.log.status().alarms[0]?.kind, 'roll-back')
    assert.ok(rig.log.restorePending !== undefined)
    await rig.log.confirmRestore({ evidence: 'management', detail: '' })
    await rig.issue(1)
  }
  assert.deepEqual(await faults(), [])
})

async function putBackWhileClosed(putBack: () => void): Promise<void> {
  await rig.restart(handle => {
    handle.close()
    putBack()
  })
}

test('a checkpoint that nobody here signed is reported and changes nothing', async () => {
  await rig.issue(2)
  const own = rig.log.checkpoint()
  const { length } = rig.log.entries({ limit: 100, order: 'oldest-first' })
  assert.equal(rig.log.witness({ ...own, signature: Buffer.alloc(64) }, 'agent x')?.kind, 'foreign')
  assert.equal(rig.log.witness({ ...own, origin: 'other' }, 'agent x')?.kind, 'foreign')
  assert.equal(rig.log.restorePending, undefined)
  assert.equal(rig.log.entries({ limit: 100, order: 'oldest-first' }).length, length)
})

test('a disputed checkpoint is not overwritten by the next', async () => {
  await rig.issue(4)
  await rig.restart(handle => rewrite(handle, 4, (body, index) => (index === 1 ? body.replace('192', '193') : body)))
  assert.equal(rig.log.status().alarms[0]?.kind, 'fork')
  await rig.issue(1)
  rig.log.checkpoint()
  const files = readdirSync(rig.directory).filter(name => name.startsWith(checkpointFileName))
  assert.equal(files.length, 2)
  assert.ok(existsSync(path.join(rig.directory, checkpointFileName)))
  await rig.restart()
  assert.equal(rig.log.status().alarms.length, 1, 'it speaks at every start')
})

test('identities never seen before are counted, over restarts, and the daemon itself is not one', async () => {
  await rig.issue(15)
  assert.equal(rig.log.metrics().meshwright_ca_new_identities_total, 10)
  await rig.restart()
  await rig.issue(10)
  assert.equal(rig.log.metrics().meshwright_ca_new_identities_total, 0)
})

test('live certificates are found by serial number, identity, key and issuer', async () => {
  await rig.issue(30)
  const find = (kind: 'serial' | 'identity' | 'key' | 'issuer', value: string, nowMs: number) =>
    rig.store.liveIssuances({ kind, value }, nowMs).length
  const atMs = 1_800_086_400_000
  assert.equal(find('serial', '00000000000000000000000000000003', atMs), 1)
  assert.equal(find('identity', 'spiffe://td/ns/photo/sa/web-3', atMs), 3)
  assert.equal(find('identity', 'spiffe://td/ns/photo/sa/web-3', atMs + 3), 2)
  assert.equal(find('key', 'key 7', atMs), 1)
  assert.equal(find('issuer', 'issuer', atMs + 10), 20)
})

test('nobody can have more than a few signatures verified each second', async () => {
  await rig.issue(2)
  const own = rig.log.checkpoint()
  for (let size = 100; size < 200; size += 1) rig.log.witness({ ...own, treeSize: size }, 'agent x')
  assert.equal(rig.log.metrics().meshwright_ca_log_alarms_total, 20)
  rig.clock.advance(1000)
  rig.log.witness({ ...own, treeSize: 500 }, 'agent x')
  assert.equal(rig.log.metrics().meshwright_ca_log_alarms_total, 21)
})
