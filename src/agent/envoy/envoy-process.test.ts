import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { type Clock, FakeClock, systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { createEnvoyProcess, type EnvoyProcess } from './envoy-process.ts'
import { endOrphan, recordEnvoy } from './orphan.ts'

interface Rig {
  readonly folder: string
  readonly process: EnvoyProcess
  /** Process ids of the Envoys that were started, in order. */
  started(count: number): Promise<number[]>
}

/** Runs a script in place of Envoy; `body` is what it does after it has written down its process id. */
async function withRig(body: string, clock: Clock, use: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-envoy-'))
  const binary = path.join(folder, 'envoy')
  await writeFile(binary, `#!/bin/sh\necho $$ >> ${folder}/pids\necho "$@" > ${folder}/arguments\n${body}\n`)
  await chmod(binary, 0o755)
  const envoy = createEnvoyProcess({
    binary,
    bootstrapFile: '/bootstrap.json',
    recordFile: path.join(folder, 'record.json'),
    baseIdFile: path.join(folder, 'base-id'),
    logLevel: 'warning',
    concurrency: 2,
    drainTimeS: 5,
    environment: process.env,
    clock,
    random: () => 0.5,
    log: silentLog,
  })
  const started = async (count: number): Promise<number[]> => {
    const deadline = Date.now() + 10_000
    for (;;) {
      const lines = (await readFile(path.join(folder, 'pids'), 'utf8').catch(() => '')).trim().split('\n')
      if (lines.length >= count && lines[0] !== '') return lines.map(Number)
      assert.ok(Date.now() < deadline, `only ${lines.length} of ${count} Envoys were started`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
  try {
    await use({ folder, process: envoy, started })
  } finally {
    await envoy.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('an Envoy that is killed is started again at once, and one that is stopped is not', async () => {
  await withRig('exec sleep 600', systemClock, async rig => {
    await rig.process.start()
    const [first = 0] = await rig.started(1)
    const killedMs = Date.now()
    process.kill(first, 'SIGKILL')
    const [, second = 0] = await rig.started(2)
    assert.ok(Date.now() - killedMs < 1_000)
    assert.equal(rig.process.restarts, 1)
    await rig.process.stop()
    assert.equal(isAlive(second), false)
    assert.equal((await rig.started(2)).length, 2)
  })
})

test('an Envoy that keeps dying is started again after longer and longer delays', async () => {
  const delays: number[] = []
  // Runs every timer at once, and notes what was asked for.
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    after(delayMs, task) {
      if (delayMs !== 2_000) delays.push(delayMs)
      return systemClock.after(delayMs === 2_000 ? delayMs : 0, task)
    },
  }
  await withRig('exit 1', clock, async rig => {
    await rig.process.start()
    await rig.started(9)
    assert.deepEqual(delays.slice(0, 8), [80, 160, 320, 640, 1280, 2560, 5120, 10_000])
  })
})

test('an Envoy that ignores SIGTERM is killed when its time is over', async () => {
  const clock = new FakeClock()
  await withRig(`trap 'echo got >> "$0.term"' TERM; while :; do sleep 0.01; done`, clock, async rig => {
    await rig.process.start()
    const [pid = 0] = await rig.started(1)
    // The shell has set its trap once it has written the arguments and slept a little.
    await new Promise(resolve => setTimeout(resolve, 50))
    const stopped = rig.process.stop()
    const term = path.join(rig.folder, 'envoy.term')
    while (!(await stat(term).catch(() => undefined))) await new Promise(resolve => setTimeout(resolve, 5))
    assert.equal(isAlive(pid), true)
    clock.advance(2_000)
    await stopped
    assert.equal(isAlive(pid), false)
  })
})

test('the arguments name a dynamic base id, the bootstrap and the drain time', async () => {
  await withRig('exec sleep 600', systemClock, async rig => {
    await rig.process.start()
    await rig.started(1)
    let text = ''
    while (!text.includes('\n')) text = await readFile(path.join(rig.folder, 'arguments'), 'utf8').catch(() => '')
    assert.match(text, /--config-path \/bootstrap.json .*--drain-time-s 5 .*--use-dynamic-base-id .*--concurrency 2/)
  })
})

test('the orphan of a killed agent is ended, and a process that merely has its number is not', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-orphan-'))
  const record = path.join(folder, 'record.json')
  const baseId = path.join(folder, 'base-id')
  const orphan = spawn('sleep', ['600'], { stdio: 'ignore' })
  const bystander = spawn('sleep', ['600'], { stdio: 'ignore' })
  try {
    await Promise.all([once(orphan, 'spawn'), once(bystander, 'spawn')])
    const exited = once(orphan, 'exit')
    recordEnvoy(record, orphan.pid ?? 0)
    assert.equal(await endOrphan(record, baseId), orphan.pid)
    await exited
    await writeFile(record, JSON.stringify({ pid: bystander.pid, startTicks: '1' }))
    assert.equal(await endOrphan(record, baseId), undefined)
    assert.equal(isAlive(bystander.pid ?? 0), true)
    await writeFile(record, '{"pid":')
    assert.equal(await endOrphan(record, baseId), undefined)
    assert.equal(await endOrphan(record, baseId), undefined)
  } finally {
    bystander.kill('SIGKILL')
    orphan.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
})

test('the shared memory of an Envoy that was killed is removed by its base id', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-shm-'))
  const segment = '/dev/shm/envoy_shared_memory_99887766550'
  try {
    await writeFile(segment, '')
    await writeFile(path.join(folder, 'base-id'), '9988776655')
    await endOrphan(path.join(folder, 'record.json'), path.join(folder, 'base-id'))
    await assert.rejects(stat(segment))
  } finally {
    await rm(segment, { force: true })
    await rm(folder, { recursive: true })
  }
})
