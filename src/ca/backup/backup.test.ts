import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { databaseFileName, openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import { isConsistent } from '../../platform/transparency/proofs.ts'
import { consistencyProof } from '../../platform/transparency/tree-proofs.ts'
import { auditLog } from '../log/audit.ts'
import { sealingKeyFileName } from '../sealed-secrets.ts'
import { sqliteCaStore } from '../store/store-sqlite.ts'
import { type LogRig, startLogRig } from '../testing/log-rig.ts'
import { caMigrations } from '../testing/schema.ts'
import { backUp } from './backup.ts'
import { type Restored, restore } from './restore.ts'

let rig: LogRig
let folder = ''
let target = ''
const clock = new FakeClock(1_900_000_000_000)
beforeEach(async () => {
  rig = await startLogRig()
  folder = `${rig.directory}-more`
  mkdirSync(folder)
  target = path.join(folder, 'backup')
})
afterEach(async () => {
  await rig.close()
  rmSync(folder, { recursive: true })
})

const backUpRig = (contents: 'database-and-key' | 'database' = 'database-and-key') =>
  backUp({ directory: rig.directory, target, contents, clock })
const restoreTo = (name: string, into: 'empty-directory' | 'replace' = 'empty-directory'): Promise<Restored> =>
  restore({ file: target, directory: path.join(folder, name), into, migrations: caMigrations, clock, log: silentLog })

test('a backup of a log in use holds what was committed, for its owner only, and nothing beside it', async () => {
  await rig.issue(40)
  const writing = rig.issue(200)
  const { files } = backUpRig()
  await writing
  assert.deepEqual(
    files.map(file => file.name),
    [databaseFileName, sealingKeyFileName],
  )
  assert.equal(statSync(target).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder), ['backup'])
  const { logSize } = await restoreTo('copy')
  assert.ok(logSize >= 40)
})

test('a restore opens a new epoch, closes issuing, and keeps every entry and hash', async () => {
  await rig.issue(9)
  const before = rig.log.checkpoint()
  backUpRig()
  await restoreTo('copy')
  const directory = path.join(folder, 'copy')
  const database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
  const store = sqliteCaStore(database)
  assert.equal(store.logEpochs().at(-1)?.firstIndex, 9)
  assert.match(store.restorePending()?.reason ?? '', /restored from a backup of 2030-03-17/)
  const [entry] = store.logEntries({ limit: 1, order: 'newest-first' })
  assert.equal(entry?.entry.kind, 'restore')
  assert.equal(entry.entry.details?.rootHash, before.rootHash.toString('hex'))
  await database.close()
  assert.deepEqual(readdirSync(directory).sort(), [databaseFileName, 'meshwright.lock', sealingKeyFileName])
})

test('a pruned log is backed up and restored with everything that proves it', async t => {
  await rig.issue(7)
  const before = rig.log.checkpoint()
  rig.clock.jump(100 * 24 * 3_600_000)
  await rig.log.append({ kind: 'trust' })
  const by = { evidence: 'a test', detail: '' }
  assert.equal((await rig.log.prune(rig.clock.now() - 95 * 24 * 3_600_000, by)).forgotten, 7)
  backUpRig()
  await restoreTo('copy')
  const directory = path.join(folder, 'copy')
  const database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
  t.after(() => database.close())
  const store = sqliteCaStore(database)
  const { faults, size, rootHash } = await auditLog({ records: store, nowMs: () => 0, breathe: async () => {} })
  assert.deepEqual(faults, [])
  const proof = consistencyProof(store.logNode, before.treeSize, size)
  assert.ok(isConsistent(proof, before.rootHash, rootHash))
})

test('two restores of one backup are two epochs', async () => {
  backUpRig()
  await restoreTo('copy')
  const epochOf = async (): Promise<number | undefined> => {
    const database = openDatabase({ directory: path.join(folder, 'copy'), migrations: caMigrations, log: silentLog })
    const epoch = sqliteCaStore(database).logEpochs().at(-1)?.epoch
    await database.close()
    return epoch
  }
  const first = await epochOf()
  clock.advance(1000)
  const { replaced } = await restoreTo('copy', 'replace')
  assert.ok((await epochOf()) !== first)
  assert.deepEqual(readdirSync(replaced ?? '').sort(), [databaseFileName, sealingKeyFileName])
})

test('whatever is changed or cut off is found before anything is touched', async () => {
  await rig.issue(1)
  backUpRig()
  const whole = readFileSync(target)
  const damages = [
    Buffer.alloc(0),
    whole.subarray(0, 10),
    whole.subarray(0, -1),
    whole.subarray(0, whole.length - 5000),
    Buffer.concat([whole, Buffer.from('x')]),
    Buffer.from('another file altogether\n'.repeat(100)),
    ...[25, 60, 400, whole.length >> 1, whole.length - 40].map(at => {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      return changed
    }),
  ]
  for (const damaged of damages) {
    writeFileSync(target, damaged)
    await assert.rejects(restoreTo('copy'), { code: 'BACKUP_INVALID' })
  }
  assert.ok(!existsSync(path.join(folder, 'copy')))
  rmSync(target)
  await assert.rejects(restoreTo('copy'), { code: 'BACKUP_INVALID' })
})

test('a directory in use, not empty, or with a key that does not fit is refused and left as it is', async () => {
  backUpRig()
  await assert.rejects(
    restore({
      file: target,
      directory: rig.directory,
      into: 'replace',
      migrations: caMigrations,
      clock,
      log: silentLog,
    }),
    {
      code: 'DATABASE_IN_USE',
    },
  )
  mkdirSync(path.join(folder, 'full'))
  writeFileSync(path.join(folder, 'full', 'note'), 'x')
  await assert.rejects(restoreTo('full'), { code: 'RESTORE_REFUSED', message: /not empty: it holds note/ })
  backUpRig('database')
  await assert.rejects(restoreTo('keyless'), { code: 'RESTORE_REFUSED', message: /without the sealing key/ })
  writeFileSync(path.join(folder, 'keyless', sealingKeyFileName), Buffer.alloc(32, 7))
  await assert.rejects(restoreTo('keyless'), { code: 'RESTORE_REFUSED', message: /does not open/ })
  assert.deepEqual(readdirSync(path.join(folder, 'keyless')).sort(), ['meshwright.lock', sealingKeyFileName])
  writeFileSync(
    path.join(folder, 'keyless', sealingKeyFileName),
    readFileSync(path.join(rig.directory, sealingKeyFileName)),
  )
  assert.equal((await restoreTo('keyless')).replaced, undefined)
})

test('a backup that cannot be written leaves the earlier one', () => {
  backUpRig()
  const earlier = readFileSync(target)
  mkdirSync(`${target}.snapshot`)
  assert.throws(() => backUpRig(), { code: 'BACKUP_FAILED' })
  rmSync(`${target}.snapshot`, { recursive: true })
  rmSync(path.join(rig.directory, sealingKeyFileName))
  assert.throws(() => backUpRig(), { code: 'BACKUP_FAILED', message: /sealing.key/ })
  assert.deepEqual(readFileSync(target), earlier)
  const nowhere = { directory: folder, target, contents: 'database', clock } as const
  assert.throws(() => backUp(nowhere), { code: 'BACKUP_FAILED', message: /holds no database/ })
})
