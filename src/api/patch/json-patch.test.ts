import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshwrightError } from '../../platform/errors.ts'
import { jsonPatch } from './json-patch.ts'

const document = { a: { b: [1, 2, 3], 'c/d': 'x' }, empty: {} }

test('each operation does what RFC 6902 says, and the document stays as it is', () => {
  const before = JSON.stringify(document)
  const patched = jsonPatch(document, [
    { op: 'test', path: '/a/b/0', value: 1 },
    { op: 'add', path: '/a/b/1', value: 9 },
    { op: 'add', path: '/a/b/-', value: 4 },
    { op: 'remove', path: '/a/b/0' },
    { op: 'replace', path: '/a/c~1d', value: 'y' },
    { op: 'copy', from: '/a/b', path: '/copied' },
    { op: 'move', from: '/a/b/0', path: '/moved' },
  ])
  assert.deepEqual(patched, { a: { b: [2, 3, 4], 'c/d': 'y' }, empty: {}, copied: [9, 2, 3, 4], moved: 9 })
  assert.equal(JSON.stringify(document), before)
  assert.deepEqual(jsonPatch(document, [{ op: 'replace', path: '', value: { new: true } }]), { new: true })
})

test('what does not fit the document is PATCH_FAILED, what is no patch REQUEST_INVALID', () => {
  const codeOf = (patch: unknown): string => {
    try {
      jsonPatch(document, patch)
      return 'applied'
    } catch (error) {
      return error instanceof MeshwrightError ? error.code : String(error)
    }
  }
  for (const operation of [
    { op: 'test', path: '/a/b/0', value: 2 },
    { op: 'remove', path: '/a/none' },
    { op: 'add', path: '/none/x', value: 1 },
    { op: 'add', path: '/a/b/x', value: 1 },
    { op: 'add', path: '/a/b/01', value: 1 },
    { op: 'add', path: '/a/b/4', value: 1 },
    { op: 'replace', path: '/a/none', value: 1 },
    { op: 'copy', from: '/none', path: '/x' },
    { op: 'remove', path: '/a/b/-' },
  ]) {
    assert.equal(codeOf([operation]), 'PATCH_FAILED', JSON.stringify(operation))
  }
  for (const patch of [
    {},
    [1],
    [{ op: 'add', path: '/a' }],
    [{ op: 'add', path: 'a', value: 1 }],
    [{ op: 'nothing', path: '/a' }],
    [{ op: 'add', path: '/__proto__/x', value: 1 }],
    [{ op: 'move', from: '/a', path: '/a/b' }],
    [{ op: 'add', path: '/a~2', value: 1 }],
    Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/empty', value: {} })),
  ]) {
    assert.equal(codeOf(patch), 'REQUEST_INVALID', JSON.stringify(patch).slice(0, 100))
  }
})

test('copies of copies end before they fill the memory', () => {
  const doubling = Array.from({ length: 64 }, (_, index) => ({ op: 'copy', from: '/a', path: `/a/x${index}` }))
  assert.throws(() => jsonPatch(document, doubling), /too large/)
})
