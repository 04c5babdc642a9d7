import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { silentLog } from '../../platform/log.ts'
import { loadFiles } from './load-files.ts'

const base = mkdtempSync(path.join(tmpdir(), 'load-files-'))
after(() => rmSync(base, { recursive: true, force: true }))

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`

test('folders are read to their depth and files by any name, sorted by kind and key', () => {
  mkdirSync(path.join(base, 'd/sub'), { recursive: true })
  writeFileSync(path.join(base, 'd/sub/b.yaml'), namespace('b'))
  writeFileSync(path.join(base, 'd/z.yaml'), `${namespace('z')}---\n${namespace('Z')}`)
  writeFileSync(path.join(base, 'one.txt'), namespace('a'))
  const { objects, problems } = loadFiles([path.join(base, 'd'), path.join(base, 'one.txt')], silentLog)
  assert.deepEqual(
    objects.map(object => object.metadata.name),
    ['a', 'b', 'z'],
  )
  assert.deepEqual(
    problems.map(({ file, line, column }) => [path.basename(file), line, column]),
    [['z.yaml', 7, 18]],
  )
})

test('a place that is not there is an error', () => {
  assert.throws(() => loadFiles([path.join(base, 'nowhere')], silentLog), /does not exist/)
})
