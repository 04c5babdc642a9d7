import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createCommitFeed } from '../../api/watch/commit-feed.ts'
import type { ConfigCommit } from '../../config/store/config-access.ts'
import { entry, entryId, type IntakeRig, put, startIntake, until } from '../testing/intake-rig.ts'

const portOf = (rig: IntakeRig, name: string): number | undefined =>
  rig.discovery.sources.ServiceEntry.get(`shop/${name}`)?.spec.ports?.[0]?.number

test('a daemon that is killed while it applies 500 objects has all of them or none', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'killed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const script = fileURLToPath(new URL('../testing/applying-process.ts', import.meta.url))
  const lived: number[] = []
  for (const rounds of [1, 2, 3]) {
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    let seen = ''
    for await (const chunk of child.stdout) {
      seen += String(chunk)
      // At once: the transaction is on its way to the writer.
      if (seen.split('\n').length > rounds) child.kill('SIGKILL')
    }
    const rig = await startIntake({ folder })
    const { entries, revision } = rig.access.list({})
    assert.equal(entries.length, revision === 0 ? 0 : 500)
    assert.ok(entries.every(version => version.revision === revision))
    const history = rig.access.changesSince(0)
    assert.deepEqual(
      history.map(commit => commit.entries.length),
      history.map(() => 500),
    )
    assert.equal([...rig.discovery.sources.ServiceEntry.values()].length, entries.length)
    lived.push(revision)
    await rig.stop()
  }
  assert.ok((lived.at(-1) ?? 0) > 0, 'some of the transactions were finished')
})

test('a full disk refuses what is applied and keeps files in force; with space again both go on by themselves', async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'full-'))
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', data], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    t.skip('a small disk cannot be mounted here')
    return
  }
  const rig = await startIntake({ folder })
  t.after(async () => {
    await rig.stop()
    execFileSync('umount', ['-l', data])
    rmSync(folder, { recursive: true })
  })
  await rig.apply(put(entry('a')))
  const filler = path.join(data, 'filler')
  fill(filler)
  const large = entry('big', 'shop')
  const writes = Array.from({ length: 20 }, (_, n) =>
    put({
      ...large,
      metadata: { ...(large.metadata as object), name: `big${n}`, annotations: { note: 'x'.repeat(100_000) } },
    }),
  )
  // Two at once: the second is built on the first and must not outlive it.
  const refused = await Promise.allSettled([rig.apply(...writes), rig.apply(...writes, put(entry('a', 'shop', 81)))])
  assert.deepEqual(
    refused.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(rig.access.revision(), 1)
  assert.equal(portOf(rig, 'a'), 80)
  rig.file(
    'f.yaml',
    ...Array.from({ length: 20 }, (_, n) => ({
      ...large,
      metadata: { ...(large.metadata as object), name: `f${n}`, annotations: { note: 'x'.repeat(100_000) } },
    })),
  )
  await until(() => portOf(rig, 'f0') === 80)
  assert.equal(rig.access.get(entryId('f0')), undefined)
  rmSync(filler)
  await until(() => rig.access.get(entryId('f0')) !== undefined)
  await rig.apply(put(entry('a', 'shop', 82)))
  assert.equal(portOf(rig, 'a'), 82)
})

test('a burst of edits to the store is as many commits, each heard once and in order, in few groups on disk', async () => {
  const rig = await startIntake()
  const heard: ConfigCommit[] = []
  rig.access.onChange(commit => heard.push(commit))
  const feed = createCommitFeed(rig.access)
  await Promise.all(Array.from({ length: 1000 }, (_, n) => rig.apply(put(entry(`o${n % 50}`, 'shop', 1 + n)))))
  assert.deepEqual(
    heard.map(({ revision }) => revision),
    Array.from({ length: 1000 }, (_, n) => n + 1),
  )
  assert.deepEqual(
    Array.from({ length: 50 }, (_, n) => portOf(rig, `o${n}`)),
    Array.from({ length: 50 }, (_, n) => 951 + n),
  )
  // What is kept of them in memory: the journal for watches, and one head an object, of which none is on its way.
  assert.equal(feed.kept, 512)
  assert.equal(feed.since(0).at(-1)?.revision, 512)
  assert.deepEqual(rig.intake.figures(), {
    revision: 1000,
    oldestRevision: 0,
    versions: 1000,
    compactions: 0,
    objects: [{ kind: 'ServiceEntry', source: 'store', count: 50 }],
  })
  await rig.remove()
})

test('a burst of edits to files is recorded in fewer commits, and the last of each is in force and recorded', async () => {
  const rig = await startIntake()
  for (let n = 1; n <= 1000; n += 1) rig.file(`f${n % 10}.yaml`, entry(`f${n % 10}`, 'shop', n))
  const last = Array.from({ length: 10 }, (_, n) => (n === 0 ? 1000 : 990 + n))
  await until(() => last.every((port, n) => portOf(rig, `f${n}`) === port))
  await rig.intake.stop()
  assert.deepEqual(
    last.map((_, n) => rig.access.get(entryId(`f${n}`))?.object),
    last.map((port, n) => entry(`f${n}`, 'shop', port)),
  )
  assert.ok(rig.access.revision() < 500, `${rig.access.revision()} commits`)
  await rig.remove()
})

function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  for (const size of [1 << 16, 1 << 10]) {
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(size))
    } catch {
      // Full for this size.
    }
  }
  closeSync(descriptor)
}
