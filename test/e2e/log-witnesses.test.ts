/** An attacker owns the daemon's machine and changes the log; an agent on another machine betrays it. */

import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import Sqlite from 'better-sqlite3'
import { appendStep, createWriterExtension } from '../../src/ca/log/log-writer.ts'
import { call, callingWorkload, startMesh, type TestMesh } from '../support/mesh.ts'
import { type RunningDaemon, runCommand, startDaemon, until } from '../support/processes.ts'

interface Row {
  readonly kind: string
  readonly at_ms: number
  readonly identity: string | null
  readonly serial_number: string | null
  readonly body: Buffer
}

/** With every hash right again, and every row as its entry says. */
function makeAnew(data: string): void {
  const handle = new Sqlite(path.join(data, 'meshwright.db'))
  for (const name of handle.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) {
    handle.exec(`DROP TRIGGER ${String(name)}`)
  }
  const rows = handle.prepare('SELECT * FROM log_entry ORDER BY position').all() as Row[]
  handle.exec('DELETE FROM log_node; DELETE FROM log_entry')
  const extension = createWriterExtension(handle)
  for (const row of rows) {
    const body = Buffer.from(row.body.toString().replaceAll('"peerAddress":"127.0.', '"peerAddress":"10.66.'))
    extension.run(appendStep([row.kind, row.at_ms, row.identity, row.serial_number, body]))
  }
  handle.exec("UPDATE issuance SET peer_address = replace(peer_address, '127.0.', '10.66.')")
  handle.close()
}

const workload = { name: 'web', ip: '127.0.42.1' }

interface Scene {
  readonly mesh: TestMesh
  /** Runs `change` on the data of the daemon that is stopped, and starts it again. */
  tamper(change: (data: string) => void): Promise<RunningDaemon>
  /** The agent has on its disk that the log is as long as now. */
  untilSeen(): Promise<void>
}

async function startScene(t: TestContext): Promise<Scene> {
  const mesh = await startMesh(t, { 'web.yaml': callingWorkload('web', workload.ip) }, [workload])
  const { data } = mesh.daemon
  const state = path.join(mesh.folder, 'state', 'web')
  let daemon = mesh.daemon
  return {
    mesh,
    async untilSeen() {
      const note = (await runCommand(t, 'ca', 'log', 'checkpoint', '--data', data)).stdout
      const root = Buffer.from(note.split('\n')[2] ?? '', 'base64')
      const kept = path.join(state, 'log-checkpoint.bin')
      await until(() => existsSync(kept) && readFileSync(kept).includes(root), 10_000)
      assert.match(readFileSync(path.join(state, 'log.key'), 'utf8'), /^cluster\.local\/log\/[0-9a-f]{16}\+/)
    },
    async tamper(change) {
      daemon.child.kill('SIGTERM')
      await daemon.ended
      change(data)
      rmSync(path.join(data, 'log-checkpoint'))
      daemon = await startDaemon(t, { config: path.join(mesh.folder, 'config'), data })
      return daemon
    },
  }
}

async function untilAgentCounts(kind: string): Promise<void> {
  const line = `authority_log_alarms_total{kind="${kind}"} 1`
  const metrics = async () => (await call({ host: workload.ip, port: 15020, path: '/metrics' })).body
  await until(async () => (await metrics()).split('\n').includes(line), 20_000).catch(async () => {
    assert.fail(`no ${line} in\n${await metrics()}`)
  })
}

test('a log made anew passes its audit and is betrayed by the checkpoint on an agent’s disk, which closes issuing', async t => {
  const { mesh, tamper, untilSeen } = await startScene(t)
  const { data } = mesh.daemon
  await untilSeen()
  const again = await tamper(makeAnew)
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${again.ports.http}/metrics`)).text()
  await until(async () => /^meshwright_ca_log_alarms_total 1$/m.test(await metrics()), 20_000)
  assert.match(await metrics(), /^meshwright_ca_restore_pending 1$/m)
  const { code, stdout, stderr } = await runCommand(t, 'ca', 'log', 'verify', '--recompute', '--data', data)
  assert.equal(code, 1)
  assert.match(stdout, /all is as it was written/)
  assert.match(stdout, /fork, from spiffe:\/\/\S+\/sa\/web /)
  assert.match(stderr, /1 kept checkpoints disagree/)
  // The agent has seen it by itself, whatever the daemon says.
  await untilAgentCounts('fork')
  assert.match(mesh.agent('web').output().stderr, /"kind":"fork".*not the one that was seen/)
})

test('an agent says itself that an old copy of the database was put in place', async t => {
  const { mesh, tamper, untilSeen } = await startScene(t)
  const { data } = mesh.daemon
  const [file, copy] = [path.join(data, 'meshwright.db'), path.join(mesh.folder, 'old.db')]
  await tamper(() => copyFileSync(file, copy))
  for (let i = 0; i < 4; i++) {
    const out = path.join(mesh.folder, `issued-${i}`)
    const names = ['--namespace', 'test', '--service-account', 'other']
    const { code, stderr } = await runCommand(t, 'ca', 'issue', ...names, '--out', out, '--data', data)
    assert.equal(code, 0, stderr)
  }
  await untilSeen()
  await tamper(() => {
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
    copyFileSync(copy, file)
  })
  await untilAgentCounts('roll-back')
})

test('an agent says itself that the log goes on under another key', async t => {
  const { mesh, tamper, untilSeen } = await startScene(t)
  await untilSeen()
  await tamper(data => {
    const handle = new Sqlite(path.join(data, 'meshwright.db'))
    assert.equal(handle.prepare('DELETE FROM ca_secret WHERE name = ?').run('log signing key').changes, 1)
    handle.close()
  })
  await untilAgentCounts('foreign')
  const { code, stdout } = await runCommand(t, 'ca', 'log', 'verify', '--data', mesh.daemon.data)
  assert.equal(code, 1)
  assert.match(stdout, /foreign, from spiffe:\/\/\S+\/sa\/web /)
})
