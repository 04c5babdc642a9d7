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
  const { objects, problems } = loadFiles([path.join(base, 'd'), path.join(base, 'one.txt')], { log: silentLog })
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
  assert.throws(() => loadFiles([path.join(base, 'nowhere')], { log: silentLog }), /does not exist/)
})

test('standard input is a place, and messages name files as they were given', () => {
  const standardInput = new TextEncoder().encode(namespace('B'))
  const { objects, problems, files } = loadFiles(['-', path.join(base, 'd')], { log: silentLog, standardInput })
  assert.deepEqual([files, objects.length], [3, 2])
  assert.deepEqual(
    problems.map(problem => problem.file),
    [path.join(base, 'd/z.yaml'), 'stdin'],
  )
})

test('a file that two places name is read once', () => {
  const { problems, files } = loadFiles([path.join(base, 'd'), path.join(base, 'd/sub/b.yaml')], { log: silentLog })
  assert.deepEqual([files, problems.length], [2, 1])
})
