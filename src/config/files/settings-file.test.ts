import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { silentLog } from '../../platform/log.ts'
import type { MeshConfig } from '../mesh-config.ts'
import { createSettingsFile } from './settings-file.ts'
import { meshConfigReader } from './settings-readers.ts'

const base = mkdtempSync(path.join(tmpdir(), 'mesh-config-'))
after(() => rmSync(base, { recursive: true, force: true }))

const limit = { timeout: 20_000 }
const open = (file: string) => createSettingsFile(meshConfigReader, { file, clock: systemClock, log: silentLog })

test('a changed file gives new settings; an invalid one changes nothing and says why', limit, async () => {
  const file = path.join(base, 'mesh.yaml')
  writeFileSync(file, 'connectTimeout: 1s\n')
  const mesh = open(file)
  assert.equal(mesh.read().connectTimeout, '1s')
  const changes: string[] = []
  const end = new AbortController()
  const next = watchFor(changes, 2)
  mesh.watch(changed => next.seen(changed), end.signal)
  renameInto(file, 'connectTimeout: nonsense\n')
  while (mesh.state().fault === undefined) await new Promise(resolve => setImmediate(resolve))
  assert.match(mesh.state().fault ?? '', /mesh\.yaml:1:17: connectTimeout/)
  renameInto(file, 'connectTimeout: 2s\n')
  await next.first
  assert.equal(mesh.state().fault, undefined)
  // The same settings in other words are none.
  renameInto(file, '# the same\nconnect_timeout: "2s"\n')
  writeFileSync(file, 'connectTimeout: 3s\n')
  await next.all
  end.abort()
  assert.deepEqual(changes, ['2s', '3s'])
})

test('the swap of a mounted ConfigMap is a change', limit, async () => {
  const directory = mkdtempSync(path.join(base, 'cm-'))
  const put = (version: string, timeout: string): void => {
    mkdirSync(path.join(directory, version))
    writeFileSync(path.join(directory, version, 'mesh'), `connectTimeout: ${timeout}\n`)
  }
  put('..1', '1s')
  symlinkSync('..1', path.join(directory, '..data'))
  symlinkSync('..data/mesh', path.join(directory, 'mesh'))
  const mesh = open(path.join(directory, 'mesh'))
  assert.equal(mesh.read().connectTimeout, '1s')
  const end = new AbortController()
  const changed = new Promise<MeshConfig>(resolve => mesh.watch(resolve, end.signal))
  put('..2', '2s')
  symlinkSync('..2', path.join(directory, '..data_tmp'))
  renameSync(path.join(directory, '..data_tmp'), path.join(directory, '..data'))
  assert.equal((await changed).connectTimeout, '2s')
  end.abort()
})

test('a file that is not there is refused', () => {
  assert.throws(
    () => open(path.join(base, 'nowhere.yaml')).read(),
    error => error instanceof MeshwrightError && error.code === 'MESH_CONFIG_INVALID',
  )
})

function renameInto(file: string, content: string): void {
  writeFileSync(`${file}.tmp`, content)
  renameSync(`${file}.tmp`, file)
}

function watchFor(changes: string[], count: number) {
  const first = Promise.withResolvers<void>()
  const all = Promise.withResolvers<void>()
  return {
    first: first.promise,
    all: all.promise,
    seen({ connectTimeout }: MeshConfig): void {
      changes.push(connectTimeout)
      first.resolve()
      if (changes.length >= count) all.resolve()
    },
  }
}
