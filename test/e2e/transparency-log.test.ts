/** The log of a real daemon through its commands: listed, followed, proved, and tampered with by hand while it is down. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import Sqlite from 'better-sqlite3'
import type { LogEntryView } from '../../src/admin/transparency-view.ts'
import { type CallerConnection, joinAsCaller } from '../support/certificate-caller.ts'
import { type RunningDaemon, runCommand, start, startDaemon, temporaryFolder, until } from '../support/processes.ts'

function folders(t: TestContext): { config: string; data: string; folder: string } {
  const folder = temporaryFolder(t)
  mkdirSync(path.join(folder, 'config'))
  return { config: path.join(folder, 'config'), data: path.join(folder, 'data'), folder }
}

async function stop(daemon: RunningDaemon): Promise<void> {
  daemon.child.kill('SIGTERM')
  await daemon.ended
}

async function renewedSerial(connection: CallerConnection): Promise<string> {
  const answer = await connection.renew()
  if (answer.kind === 'issued') return answer.serialNumber
  throw new Error(`${answer.code} ${answer.details}`)
}

const linesOf = (text: string): LogEntryView[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as LogEntryView)

test('what the authority does is listed, followed and proved, and a proof is checked without a daemon', async t => {
  const where = folders(t)
  const daemon = await startDaemon(t, where)
  const ca = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(t, 'ca', ...args, '--data', where.data)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const follower = start(t, ['ca', 'log', '--follow', '-o', 'json', '--data', where.data])
  const caller = await joinAsCaller(t, daemon)
  const connection = caller.connect(daemon)
  t.after(() => connection.close())
  const serial = await renewedSerial(connection)

  const identity = 'spiffe://cluster.local/ns/photo/sa/web'
  const entries = linesOf(await ca('log', '-o', 'json', '--identity', identity))
  assert.deepEqual(
    entries.map(entry => [entry.kind, entry.caller?.evidence, entry.serialNumber]),
    [
      ['issue', 'join-token', caller.first.serialNumber],
      ['renewal', 'client-certificate', serial],
    ],
  )
  assert.equal(entries[1]?.caller?.detail, caller.first.serialNumber)
  assert.match(entries[1]?.caller?.peerAddress ?? '', /^127\.0\.0\.1:\d+$/)
  assert.equal(entries[0]?.certificate?.digest, caller.first.fingerprint256.replaceAll(':', '').toLowerCase())
  await until(() => follower.output().stdout.includes(serial), 10_000)
  assert.match(await ca('log', '--kind', 'renewal', '--since', '1h'), new RegExp(`renewal .*${identity}.*${serial}`))

  const [checkpoint, proof] = [path.join(where.folder, 'checkpoint'), path.join(where.folder, 'proof')]
  writeFileSync(checkpoint, await ca('log', 'checkpoint'))
  const key = (await ca('log', 'checkpoint', '--key')).trim()
  await renewedSerial(connection)
  writeFileSync(proof, await ca('log', 'prove', '--serial', serial, '--checkpoint', checkpoint))
  assert.match(await ca('log', 'verify', '--checkpoint', checkpoint, '--key', key, '--recompute'), /as it was written/)
  const published = await fetch(`http://127.0.0.1:${daemon.ports.http}/v1/log/checkpoint`)
  assert.equal((await published.text()).split('\n')[0], readFileSync(checkpoint, 'utf8').split('\n')[0])
  const metrics = await (await fetch(`http://127.0.0.1:${daemon.ports.http}/metrics`)).text()
  assert.match(metrics, /^meshwright_ca_new_identities_total 1$/m)
  await stop(daemon)

  const offline = ['ca', 'log', 'verify', '--proof', proof, '--checkpoint', checkpoint, '--key', key]
  const sound = await runCommand(t, ...offline)
  assert.equal(sound.code, 0, sound.stderr)
  assert.ok(sound.stdout.includes(serial))
  const forged = JSON.parse(readFileSync(proof, 'utf8')) as { entry: string }
  const entry = Buffer.from(forged.entry, 'base64').toString().replace('sa/web', 'sa/api')
  writeFileSync(proof, JSON.stringify({ ...forged, entry: Buffer.from(entry).toString('base64') }))
  const refused = await runCommand(t, ...offline)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /error LOG_PROOF_INVALID: entry \d+ is not in the tree/)
})

/** By hand: the guards of the tables are taken away first, as whoever owns the file can do. */
function tamper(data: string, sql: string): void {
  const handle = new Sqlite(path.join(data, 'meshwright.db'))
  for (const name of handle.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) {
    handle.exec(`DROP TRIGGER ${String(name)}`)
  }
  handle.exec(sql)
  handle.close()
}

test('an entry changed by hand is found when the tree is computed again', async t => {
  const where = folders(t)
  const daemon = await startDaemon(t, where)
  await joinAsCaller(t, daemon)
  await stop(daemon)
  tamper(
    where.data,
    "UPDATE log_entry SET body = CAST(replace(CAST(body AS TEXT), 'sa/web', 'sa/api') AS BLOB) WHERE position = 1",
  )
  const again = await startDaemon(t, where)
  const { code, stderr } = await runCommand(t, 'ca', 'log', 'verify', '--recompute', '--data', where.data)
  assert.equal(code, 1)
  assert.match(stderr, /is not what entry 1 says/)
  await stop(again)
})

test('entries cut off by hand with every trace close issuing at the next start, until that is confirmed', async t => {
  const where = folders(t)
  const daemon = await startDaemon(t, where)
  const caller = await joinAsCaller(t, daemon)
  await stop(daemon)
  // One entry is left, which no stored hash is made of.
  tamper(
    where.data,
    'DELETE FROM issuance WHERE log_position > 0; DELETE FROM log_entry WHERE position > 0; DELETE FROM log_node',
  )
  const again = await startDaemon(t, where)
  assert.match(again.output().stderr, /does not agree with a checkpoint of it/)
  const connection = caller.connect(again)
  t.after(() => connection.close())
  const closed = await connection.renew()
  assert.ok(closed.kind === 'refused' && closed.code === 14, JSON.stringify(closed))
  const verified = await runCommand(t, 'ca', 'log', 'verify', '--data', where.data)
  assert.equal(verified.code, 1)
  assert.match(verified.stdout, /roll-back, from disk/)
  const status = await runCommand(t, 'ca', 'status', '--data', where.data)
  assert.match(status.stdout, /warning: nothing is issued until .*roll-back/)
  const metrics = await (await fetch(`http://127.0.0.1:${again.ports.http}/metrics`)).text()
  assert.match(metrics, /^meshwright_ca_log_alarms_total 1$/m)
  assert.match(metrics, /^meshwright_ca_restore_pending 1$/m)
  assert.equal((await runCommand(t, 'ca', 'confirm-restore', '--data', where.data)).code, 0)
  assert.equal((await connection.renew()).kind, 'issued')
  await stop(again)
})

test('a restore drill: backed up while it runs, restored elsewhere, closed until confirmed, and it knows what is lost', async t => {
  const where = folders(t)
  const daemon = await startDaemon(t, where)
  const caller = await joinAsCaller(t, daemon)
  const backup = path.join(where.folder, 'backup')
  const made = await runCommand(t, 'backup', '--out', backup, '--data', where.data)
  assert.equal(made.code, 0, made.stderr)
  const later = caller.connect(daemon)
  const lost = await renewedSerial(later)
  later.close()
  await stop(daemon)

  const elsewhere = { config: where.config, data: path.join(where.folder, 'elsewhere') }
  const damaged = path.join(where.folder, 'damaged')
  const bytes = readFileSync(backup)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  writeFileSync(damaged, bytes)
  const restore = (file: string, ...more: string[]) => runCommand(t, 'restore', file, '--data', elsewhere.data, ...more)
  assert.match((await restore(damaged)).stderr, /error BACKUP_INVALID: .*checksum/)
  const restored = await restore(backup)
  assert.equal(restored.code, 0, restored.stderr)
  assert.match((await restore(backup)).stderr, /error RESTORE_REFUSED: .*not empty/)
  // What an old machine still has of the log goes with it.
  writeFileSync(path.join(elsewhere.data, 'log-checkpoint'), readFileSync(path.join(where.data, 'log-checkpoint')), {
    mode: 0o600,
  })
  rmSync(where.data, { recursive: true })

  const second = await startDaemon(t, elsewhere)
  const connection = caller.connect(second)
  t.after(() => connection.close())
  const closed = await connection.renew()
  assert.ok(closed.kind === 'refused' && closed.code === 14, JSON.stringify(closed))
  const ca = (...args: string[]) => runCommand(t, 'ca', ...args, '--data', elsewhere.data)
  const verified = await ca('log', 'verify', '--recompute')
  assert.equal(verified.code, 0, verified.stderr)
  assert.match(verified.stdout, /1 entries that were seen before a restore are in no log any more/)
  assert.match(verified.stdout, /nothing is issued since .*restored from a backup/)
  assert.equal((await ca('confirm-restore')).code, 0)
  const renewed = await renewedSerial(connection)
  const entries = linesOf((await ca('log', '-o', 'json')).stdout)
  const kinds = entries.map(entry => entry.kind)
  assert.deepEqual(
    kinds.filter(kind => kind.startsWith('restore')),
    ['restore', 'restore-confirmed'],
  )
  const serials = entries.map(entry => entry.serialNumber)
  assert.ok(serials.includes(caller.first.serialNumber) && serials.includes(renewed) && !serials.includes(lost))
  await stop(second)
})
