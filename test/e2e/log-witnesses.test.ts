/** An attacker who owns the daemon's machine makes the whole log anew; an agent on another machine betrays it. */

import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import Sqlite from 'better-sqlite3'
import { appendStep, createWriterExtension } from '../../src/ca/log/log-writer.ts'
import { callingWorkload, startMesh } from '../support/mesh.ts'
import { runCommand, startDaemon, until } from '../support/processes.ts'

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

test('a log made anew passes its audit and is betrayed by the checkpoint on an agent’s disk, which closes issuing', async t => {
  const workload = { name: 'web', ip: '127.0.42.1' }
  const mesh = await startMesh(t, { 'web.yaml': callingWorkload('web', workload.ip) }, [workload])
  const { data } = mesh.daemon
  const kept = path.join(mesh.folder, 'state', 'web', 'log-checkpoint.bin')
  await runCommand(t, 'ca', 'log', 'checkpoint', '--data', data)
  await until(() => existsSync(kept), 10_000)
  mesh.daemon.child.kill('SIGTERM')
  await mesh.daemon.ended
  makeAnew(data)
  rmSync(path.join(data, 'log-checkpoint'))

  const again = await startDaemon(t, { config: path.join(mesh.folder, 'config'), data })
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${again.ports.http}/metrics`)).text()
  await until(async () => /^meshwright_ca_log_alarms_total 1$/m.test(await metrics()), 20_000)
  assert.match(await metrics(), /^meshwright_ca_restore_pending 1$/m)
  const { code, stdout, stderr } = await runCommand(t, 'ca', 'log', 'verify', '--recompute', '--data', data)
  assert.equal(code, 1)
  assert.match(stdout, /all is as it was written/)
  assert.match(stdout, /fork, from spiffe:\/\/\S+\/sa\/web /)
  assert.match(stderr, /1 kept checkpoints disagree/)
})
