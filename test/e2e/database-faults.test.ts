/** What really happens to the authority's state when its process is killed, its disk is full, or its database damaged. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { LogEntryView } from '../../src/admin/transparency-view.ts'
import { type CallerConnection, joinAsCaller } from '../support/certificate-caller.ts'
import { atEnd, type RunningDaemon, runCommand, startDaemon, temporaryFolder } from '../support/processes.ts'

function folders(t: TestContext): { config: string; data: string } {
  const folder = temporaryFolder(t)
  mkdirSync(path.join(folder, 'config'))
  return { config: path.join(folder, 'config'), data: path.join(folder, 'data') }
}

async function kill(daemon: RunningDaemon): Promise<void> {
  daemon.child.kill('SIGKILL')
  await daemon.ended
}

/** Keeps 16 requests going until one is refused; calls `onAnswer` with how many were answered. Their serial numbers. */
async function renewUntilRefused(
  connection: CallerConnection,
  onAnswer: (count: number) => void,
): Promise<readonly string[]> {
  const issued: string[] = []
  const caller = async (): Promise<void> => {
    for (;;) {
      const answer = await connection.renew()
      if (answer.kind === 'refused') return
      issued.push(answer.serialNumber)
      onAnswer(issued.length)
    }
  }
  await Promise.all(Array.from({ length: 16 }, caller))
  return issued
}

async function serialsInLog(t: TestContext, data: string): Promise<ReadonlySet<string>> {
  const { stdout, code, stderr } = await runCommand(t, 'ca', 'log', '-o', 'json', '--limit', '1000', '--data', data)
  assert.equal(code, 0, stderr)
  const entries = stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as LogEntryView)
  return new Set(entries.map(entry => entry.serialNumber ?? ''))
}

async function verify(t: TestContext, data: string, ...more: string[]): Promise<void> {
  const { code, stdout, stderr } = await runCommand(t, 'ca', 'log', 'verify', '--recompute', '--data', data, ...more)
  assert.equal(code, 0, `${stdout}${stderr}`)
  assert.match(stdout, /all is as it was written/)
}

test('killed in the middle of its commits, again and again, it loses no answered certificate and no hash', async t => {
  const where = folders(t)
  let daemon = await startDaemon(t, where)
  const caller = await joinAsCaller(t, daemon)
  const answered: string[] = []
  const saved = path.join(where.config, '..', 'checkpoint')
  for (const killedAfter of [1, 40, 90, 170]) {
    const connection = caller.connect(daemon)
    const { child } = daemon
    const issued = await renewUntilRefused(connection, count => {
      // The others in flight are being signed, waiting for their commit, or in it.
      if (count === killedAfter) child.kill('SIGKILL')
    })
    await daemon.ended
    answered.push(...issued)
    connection.close()
    daemon = await startDaemon(t, where)
    if (killedAfter !== 40) continue
    const { stdout } = await runCommand(t, 'ca', 'log', 'checkpoint', '--data', where.data)
    writeFileSync(saved, stdout)
  }
  assert.ok(answered.length >= 1 + 40 + 90 + 170)
  const inLog = await serialsInLog(t, where.data)
  assert.deepEqual(
    answered.slice(-900).filter(serialNumber => !inLog.has(serialNumber)),
    [],
  )
  await verify(t, where.data, '--checkpoint', saved)
})

test('a damaged database is refused with the way to restore it, and nothing new is made in its place', async t => {
  const where = folders(t)
  const daemon = await startDaemon(t, where)
  const caller = await joinAsCaller(t, daemon)
  const backup = path.join(where.config, '..', 'backup')
  assert.equal((await runCommand(t, 'backup', '--out', backup, '--data', where.data)).code, 0)
  daemon.child.kill('SIGTERM')
  await daemon.ended
  const file = path.join(where.data, 'meshwright.db')
  const key = readFileSync(path.join(where.data, 'sealing.key'))
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xff, 4096, 8 * 4096))
  const serve = () => runCommand(t, 'serve', '--config', where.config, '--data', where.data)
  const corrupt = await serve()
  assert.equal(corrupt.code, 1)
  assert.match(corrupt.stderr, /error DATABASE_CORRUPT: .*\n.*meshwright restore/)
  for (const gone of [() => writeFileSync(file, ''), () => rmSync(file)]) {
    gone()
    const lost = await serve()
    assert.equal(lost.code, 1)
    assert.match(lost.stderr, /error CA_DATABASE_LOST: .*\n.*meshwright restore/)
  }
  assert.deepEqual(readFileSync(path.join(where.data, 'sealing.key')), key)
  const restored = await runCommand(t, 'restore', backup, '--force', '--data', where.data)
  assert.equal(restored.code, 0, restored.stderr)
  const again = await startDaemon(t, where)
  const bundle = await runCommand(t, 'ca', 'bundle', '--data', where.data)
  assert.ok(bundle.stdout.includes(caller.rootPem.trim()), 'the root is the one that workloads have')
  await kill(again)
})

test('a full disk refuses certificates and loses nothing, and with space again it goes on by itself', async t => {
  const folder = temporaryFolder(t)
  const where = { config: path.join(folder, 'config'), data: path.join(folder, 'disk') }
  mkdirSync(where.config)
  mkdirSync(where.data, { mode: 0o700 })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', where.data], { stdio: 'ignore' })
  } catch {
    t.skip('a small disk cannot be mounted here')
    return
  }
  atEnd(t, () => execFileSync('umount', ['-l', where.data]))
  const daemon = await startDaemon(t, where)
  const connection = (await joinAsCaller(t, daemon)).connect(daemon)
  const filler = path.join(where.data, 'filler')
  fill(filler)
  const issued: string[] = []
  let refused: { code: number; details: string } | undefined
  for (let round = 0; round < 400 && refused === undefined; round += 1) {
    for (const answer of await Promise.all(Array.from({ length: 16 }, () => connection.renew()))) {
      if (answer.kind === 'issued') issued.push(answer.serialNumber)
      else refused = answer
    }
  }
  assert.equal(refused?.code, 14, `${issued.length} issued, ${refused?.details}`)
  assert.match(refused.details, /DATABASE_WRITE_FAILED/)
  rmSync(filler)
  const after = await connection.renew()
  assert.equal(after.kind, 'issued')
  const inLog = await serialsInLog(t, where.data)
  assert.deepEqual(
    issued.slice(-900).filter(serialNumber => !inLog.has(serialNumber)),
    [],
  )
  await verify(t, where.data)
  connection.close()
})

/** Down to a few hundred kilobytes of free space. */
function fill(file: string): void {
  const chunk = Buffer.alloc(64 * 1024)
  const whole: Buffer[] = []
  try {
    for (;;) {
      whole.push(chunk)
      writeFileSync(file, Buffer.concat(whole))
    }
  } catch {
    writeFileSync(file, Buffer.concat(whole.slice(0, -4)))
  }
}
