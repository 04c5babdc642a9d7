import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { silentLog } from '../../platform/log.ts'
import type { Problem } from '../problem.ts'
import type { ConfigChange } from './file-ledger.ts'
import { createFileSource, type FileSource } from './file-source.ts'

const base = mkdtempSync(path.join(tmpdir(), 'file-source-'))
after(() => rmSync(base, { recursive: true, force: true }))

const limit = { timeout: 20_000 }

const text = (name: string, mode = 'STRICT'): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}}\nspec: {mtls: {mode: ${mode}}}\n`

interface Rig extends Disposable {
  readonly directory: string
  readonly source: FileSource
  start(): Promise<void>
  /** The next batch, as `name mode` or `-name`. */
  nextBatch(): Promise<readonly string[]>
  nextProblems(): Promise<readonly Problem[]>
  write(name: string, content: string | Uint8Array): void
  /** Writes beside and moves into place. */
  replace(name: string, content: string): void
}

function rig(directories?: readonly string[], clock: Clock = systemClock): Rig {
  const directory = directories?.[0] ?? mkdtempSync(path.join(base, 'd-'))
  const batches = mailbox<readonly string[]>()
  const problems = mailbox<readonly Problem[]>()
  const source = createFileSource({
    directories: directories ?? [directory],
    clock,
    log: silentLog,
    onChanges: batch => batches.post(batch.map(shown)),
    onProblems: found => problems.post(found),
  })
  const place = (name: string): string => path.join(directory, name)
  return {
    directory,
    source,
    start: () => source.start(new AbortController().signal),
    nextBatch: batches.take,
    nextProblems: problems.take,
    write: (name, content) => writeFileSync(place(name), content),
    replace(name, content) {
      writeFileSync(place(`.${name}.tmp`), content)
      renameSync(place(`.${name}.tmp`), place(name))
    },
    [Symbol.dispose]: () => source.stop(),
  }
}

function mailbox<T>(): { post(item: T): void; take(): Promise<T> } {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    post(item) {
      const taker = takers.shift()
      if (taker === undefined) items.push(item)
      else taker(item)
    },
    take() {
      const item = items.shift()
      return item === undefined ? new Promise(resolve => takers.push(resolve)) : Promise.resolve(item)
    },
  }
}

function shown({ object, key }: ConfigChange): string {
  const name = key.slice(key.indexOf('/') + 1)
  return object?.kind === 'PeerAuthentication' ? `${name} ${object.spec.mtls?.mode}` : `-${name}`
}

test('everything below the folder is there when start resolves, and nothing else', limit, async () => {
  using it = rig()
  mkdirSync(path.join(it.directory, 'sub/deep'), { recursive: true })
  mkdirSync(path.join(it.directory, '.git'))
  it.write('b.yaml', text('b'))
  it.write('sub/deep/a.yml', text('a'))
  it.write(
    'c.json',
    '{"apiVersion":"security.istio.io/v1","kind":"PeerAuthentication","metadata":{"name":"c"},"spec":{"mtls":{"mode":"STRICT"}}}',
  )
  for (const hidden of ['.b.yaml', 'b.yaml~', 'b.txt', '.git/x.yaml']) it.write(hidden, text('x'))
  await it.start()
  await it.source.synced
  assert.deepEqual(await it.nextBatch(), ['a STRICT', 'b STRICT', 'c STRICT'])
  assert.deepEqual(it.source.counts(), { inForce: 3, refused: 0 })
})

test('a file that is moved into place changes its objects and no others', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  it.write('b.yaml', text('b'))
  await it.start()
  await it.nextBatch()
  it.replace('b.yaml', text('b', 'DISABLE'))
  assert.deepEqual(await it.nextBatch(), ['b DISABLE'])
})

test('a file that is moved into place from another folder counts too', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  await it.start()
  await it.nextBatch()
  const outside = path.join(base, 'outside.yaml')
  writeFileSync(outside, text('a', 'DISABLE'))
  renameSync(outside, path.join(it.directory, 'a.yaml'))
  assert.deepEqual(await it.nextBatch(), ['a DISABLE'])
})

test(
  'a file that is written in place changes its objects, and the same content again is no change',
  limit,
  async () => {
    using it = rig()
    it.write('a.yaml', text('a'))
    await it.start()
    await it.nextBatch()
    it.write('a.yaml', text('a'))
    it.write('b.yaml', text('b'))
    assert.deepEqual(await it.nextBatch(), ['b STRICT'])
    it.write('a.yaml', text('a', 'DISABLE'))
    assert.deepEqual(await it.nextBatch(), ['a DISABLE'])
  },
)

test('a removed file takes its objects with it', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  await it.start()
  await it.nextBatch()
  unlinkSync(path.join(it.directory, 'a.yaml'))
  assert.deepEqual(await it.nextBatch(), ['-a'])
})

test('an editor that removes a file and creates it anew takes nothing away in between', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  await it.start()
  await it.nextBatch()
  renameSync(path.join(it.directory, 'a.yaml'), path.join(it.directory, 'a.yaml~'))
  it.write('a.yaml', text('a', 'DISABLE'))
  assert.deepEqual(await it.nextBatch(), ['a DISABLE'])
})

test('the swap of a mounted ConfigMap changes all its files in one batch', limit, async () => {
  using it = rig()
  const version = (name: string, mode: string): void => {
    mkdirSync(path.join(it.directory, name))
    for (const file of ['a', 'b']) it.write(`${name}/${file}.yaml`, text(file, mode))
  }
  version('..2026_01', 'STRICT')
  symlinkSync('..2026_01', path.join(it.directory, '..data'))
  for (const file of ['a', 'b']) symlinkSync(`..data/${file}.yaml`, path.join(it.directory, `${file}.yaml`))
  await it.start()
  assert.deepEqual(await it.nextBatch(), ['a STRICT', 'b STRICT'])
  version('..2026_02', 'DISABLE')
  symlinkSync('..2026_02', path.join(it.directory, '..data_tmp'))
  renameSync(path.join(it.directory, '..data_tmp'), path.join(it.directory, '..data'))
  rmSync(path.join(it.directory, '..2026_01'), { recursive: true })
  assert.deepEqual(await it.nextBatch(), ['a DISABLE', 'b DISABLE'])
})

test('a new subfolder is read and watched, and one that goes takes its objects', limit, async () => {
  using it = rig()
  await it.start()
  mkdirSync(path.join(it.directory, 'sub/deep'), { recursive: true })
  it.write('sub/deep/a.yaml', text('a'))
  assert.deepEqual(await it.nextBatch(), ['a STRICT'])
  it.replace('b.yaml', text('b'))
  assert.deepEqual(await it.nextBatch(), ['b STRICT'])
  it.write('sub/deep/a.yaml', text('a', 'DISABLE'))
  assert.deepEqual(await it.nextBatch(), ['a DISABLE'])
  rmSync(path.join(it.directory, 'sub'), { recursive: true })
  assert.deepEqual(await it.nextBatch(), ['-a'])
})

test('a folder that is moved in comes with its files', limit, async () => {
  using it = rig()
  const outside = mkdtempSync(path.join(base, 'o-'))
  writeFileSync(path.join(outside, 'a.yaml'), text('a'))
  await it.start()
  renameSync(outside, path.join(it.directory, 'in'))
  assert.deepEqual(await it.nextBatch(), ['a STRICT'])
})

test('a folder that does not exist yet is waited for', limit, async () => {
  const later = path.join(base, 'later')
  using it = rig([later])
  await it.start()
  mkdirSync(later)
  it.write('a.yaml', text('a'))
  assert.deepEqual(await it.nextBatch(), ['a STRICT'])
  it.replace('a.yaml', text('a', 'DISABLE'))
  assert.deepEqual(await it.nextBatch(), ['a DISABLE'])
})

test('a folder that is replaced by another is read anew', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  await it.start()
  await it.nextBatch()
  const next = mkdtempSync(path.join(base, 'n-'))
  writeFileSync(path.join(next, 'a.yaml'), text('a', 'DISABLE'))
  renameSync(it.directory, `${it.directory}-old`)
  renameSync(next, it.directory)
  assert.deepEqual(await it.nextBatch(), ['a DISABLE'])
  it.replace('a.yaml', text('a', 'PERMISSIVE'))
  assert.deepEqual(await it.nextBatch(), ['a PERMISSIVE'])
})

test(
  'a half-written file is not half-applied: what it held stays in force, and the problem has its place',
  limit,
  async () => {
    using it = rig()
    it.write('a.yaml', `${text('a')}---\n${text('b')}`)
    await it.start()
    await it.nextBatch()
    it.write('a.yaml', `${text('a', 'DISABLE')}---\n${text('b', 'DISABLE').slice(0, -4)}`)
    const [problem] = await it.nextProblems()
    assert.equal(problem?.file, path.join(it.directory, 'a.yaml'))
    assert.equal(problem?.line, 9)
    assert.deepEqual(
      it.source.state().objects.map(({ name, state }) => [name, state]),
      [
        ['a', 'last good in force'],
        ['b', 'last good in force'],
      ],
    )
    it.write('a.yaml', `${text('a', 'DISABLE')}---\n${text('b', 'DISABLE')}`)
    assert.deepEqual(await it.nextBatch(), ['a DISABLE', 'b DISABLE'])
    assert.deepEqual(await it.nextProblems(), [])
  },
)

test(
  'a file that is replaced while it is read is read again: what was half there is never in force',
  limit,
  async () => {
    let meanwhile = (): void => {}
    // The source asks for the time when it has looked at the file and is about to read it.
    const now = (): number => {
      const happens = meanwhile
      meanwhile = () => {}
      happens()
      return systemClock.now()
    }
    using it = rig(undefined, { ...systemClock, now })
    const whole = (mode: string): string => `${text('a', mode)}---\n${text('b', mode)}`
    it.write('a.yaml', whole('STRICT'))
    await it.start()
    assert.deepEqual(await it.nextBatch(), ['a STRICT', 'b STRICT'])
    let replaced = 0
    meanwhile = () => {
      replaced += 1
      // As a writer in place leaves it at that moment: sound YAML, of one of the two objects.
      it.write('a.yaml', text('a', 'PERMISSIVE'))
      meanwhile = () => {
        replaced += 1
        it.replace('a.yaml', whole('DISABLE'))
      }
    }
    it.replace('a.yaml', whole('PERMISSIVE'))
    assert.deepEqual(await it.nextBatch(), ['a DISABLE', 'b DISABLE'])
    assert.equal(replaced, 2)
  },
)

test('a file that is cut off between two documents is left alone while it looks unfinished', limit, async () => {
  let stoodAtMs: number | undefined
  using it = rig(undefined, { ...systemClock, now: () => stoodAtMs ?? systemClock.now() })
  const whole = `${text('a')}---\n${text('b')}`
  it.write('a.yaml', whole)
  await it.start()
  await it.nextBatch()
  // The file stays young, however slow the machine is.
  stoodAtMs = systemClock.now() + 100
  // As a slow writer leaves it for a moment: valid YAML of one document, and no line feed at its end.
  it.write('a.yaml', text('a').trimEnd())
  it.write('c.yaml', text('c'))
  assert.deepEqual(await it.nextBatch(), ['c STRICT'])
  it.write('a.yaml', whole.replaceAll('STRICT', 'DISABLE'))
  stoodAtMs = undefined
  assert.deepEqual(await it.nextBatch(), ['a DISABLE', 'b DISABLE'])
})

test('an invalid object keeps its last good version and is counted', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  await it.start()
  await it.nextBatch()
  it.replace('a.yaml', text('a', 'NONSENSE'))
  const [problem] = await it.nextProblems()
  assert.deepEqual([problem?.line, problem?.column, problem?.field, problem?.name], [4, 21, 'spec.mtls.mode', 'a'])
  assert.deepEqual(it.source.counts(), { inForce: 1, refused: 1 })
})

test('bytes that are no text leave the last good version in force', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  await it.start()
  await it.nextBatch()
  it.write('a.yaml', Buffer.from('apiVersion: "\xff"\n', 'latin1'))
  assert.deepEqual(
    (await it.nextProblems()).map(({ line, column, reason }) => [line, column, reason]),
    [[1, 14, 'is not UTF-8']],
  )
  assert.equal(it.source.counts().inForce, 1)
})

test('of two folders with one object, the file that is first by path counts', limit, async () => {
  using it = rig()
  for (const [name, mode] of [
    ['a', 'STRICT'],
    ['b', 'DISABLE'],
  ] as const) {
    mkdirSync(path.join(it.directory, name))
    it.write(`${name}/x.yaml`, text('x', mode))
  }
  await it.start()
  assert.deepEqual(await it.nextBatch(), ['x STRICT'])
  assert.match((await it.nextProblems())[0]?.reason ?? '', /defined already at .*a\/x\.yaml:1:1/)
  unlinkSync(path.join(it.directory, 'a/x.yaml'))
  assert.deepEqual(await it.nextBatch(), ['x DISABLE'])
  assert.deepEqual(await it.nextProblems(), [])
})

test('links that lead in a circle end somewhere', limit, async () => {
  using it = rig()
  it.write('a.yaml', text('a'))
  symlinkSync('.', path.join(it.directory, 'self'))
  symlinkSync('loop.yaml', path.join(it.directory, 'loop.yaml'))
  await it.start()
  assert.deepEqual(await it.nextBatch(), ['a STRICT'])
})

test('a hundred files at once are read once each and come in few batches', limit, async () => {
  using it = rig()
  await it.start()
  for (let i = 0; i < 100; i++) it.write(`${i}.yaml`, text(`x${i}`))
  const seen: string[] = []
  let batches = 0
  for (; seen.length < 100; batches++) seen.push(...(await it.nextBatch()))
  assert.deepEqual([seen.length, new Set(seen).size], [100, 100])
  assert.ok(batches <= 20, `${batches} batches`)
})

test('a folder that is there and is none is refused at the start', limit, async () => {
  const file = path.join(base, 'file')
  writeFileSync(file, '')
  using it = rig([file])
  await assert.rejects(
    it.start(),
    error => error instanceof MeshwrightError && error.code === 'CONFIG_DIRECTORY_UNREADABLE',
  )
})
