/** The daemon's machine is lost and an old backup restored: what was revoked meanwhile comes back from the agents. */

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { RevocationList, RevocationReport } from '../../src/admin/revocation-view.ts'
import { callingWorkload, startMesh, type TestMesh } from '../support/mesh.ts'
import { type RunningDaemon, runCommand, startDaemon, until } from '../support/processes.ts'

const names = ['one', 'two', 'three', 'victim'] as const
const workloads = names.map((name, i) => ({ name, ip: `127.0.44.${i + 1}` }))
const config = Object.fromEntries(workloads.map(({ name, ip }) => [`${name}.yaml`, callingWorkload(name, ip)]))
const victim = 'spiffe://cluster.local/ns/test/sa/victim'

async function command(t: TestContext, data: string, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(t, ...words, '--data', data)
  assert.equal(code, 0, stderr)
  return stdout
}

/** As after a fire: nothing is left of the machine but the backup, and the address moves to another one. */
async function lose(t: TestContext, mesh: TestMesh, backup: string): Promise<RunningDaemon> {
  const { data, ports, child, ended } = mesh.daemon
  child.kill('SIGKILL')
  await ended
  rmSync(data, { recursive: true })
  await command(t, data, 'restore', backup)
  const args = ['--secure-address', `127.0.0.1:${ports.secure}`]
  return startDaemon(t, { config: path.join(mesh.folder, 'config'), data, args })
}

const isPending = async ({ ports }: RunningDaemon): Promise<boolean> =>
  /^meshwright_ca_restore_pending 1$/m.test(await (await fetch(`http://127.0.0.1:${ports.http}/metrics`)).text())

test('a restore does not un-revoke: revocations come back from the agents, and issuing opens when all of them are back', async t => {
  const mesh = await startMesh(t, config, workloads)
  const { data } = mesh.daemon
  const backup = path.join(mesh.folder, 'backup')
  await command(t, data, 'backup', '--out', backup)
  const report = JSON.parse(await command(t, data, 'revoke', '--identity', victim, '-o', 'json')) as RevocationReport
  assert.deepEqual(report.kept, { agents: 3, of: 3 })
  const [serialNumber] = report.certificates
  // One is away when the others come back.
  mesh.agent('three').child.kill('SIGTERM')
  await mesh.agent('three').ended

  const again = await lose(t, mesh, backup)
  const revoked = async (): Promise<RevocationList['revocations']> =>
    (JSON.parse(await command(t, data, 'get', 'revocations', '-o', 'json')) as RevocationList).revocations
  await until(async () => (await revoked()).length === 1, 20_000)
  const [order] = await revoked()
  assert.deepEqual([order?.kind, order?.value], ['identity', victim])
  assert.deepEqual(
    order?.certificates.map(certificate => certificate.serialNumber),
    [serialNumber],
  )
  const told = '2 events of revocation have come back from agents; 2 of the 3 agents that attended last are back'
  await until(async () => (await command(t, data, 'ca', 'status')).includes(told), 20_000)
  const issue = ['ca', 'issue', '--namespace', 'test', '--out', path.join(mesh.folder, 'issued')]
  const closed = await runCommand(t, ...issue, '--service-account', 'one', '--data', data)
  assert.match(closed.stderr, /CA_CLOSED_AFTER_RESTORE/)
  assert.equal(await isPending(again), true)

  await mesh.rejoin(workloads[2] ?? assert.fail())
  await until(async () => !(await isPending(again)), 20_000)
  await command(t, data, ...issue, '--service-account', 'one')
  const banned = await runCommand(t, ...issue, '--service-account', 'victim', '--data', data)
  assert.match(banned.stderr, /CA_REVOKED/)
  const log = await command(t, data, 'ca', 'log', '-o', 'json', '--kind', 'restore-confirmed')
  assert.match(log, /"evidence":"agents"/)
  assert.equal(await command(t, data, 'ca', 'log', 'verify', '--recompute').then(text => /changed/.test(text)), false)
})
