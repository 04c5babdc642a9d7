import assert from 'node:assert/strict'
import test from 'node:test'
import { byClient, forClient } from './by-client.ts'

test('only namespaces whose answer differs are exceptions, and each client gets its own', () => {
  const known = byClient(['b', 'a', 'c', 'a'], client => (client === 'c' ? { of: 'c' } : { of: 'all' }))
  assert.deepEqual([...known.exceptions.keys()], ['c'])
  assert.deepEqual(forClient(known, 'c'), { of: 'c' })
  assert.deepEqual(forClient(known, 'a'), { of: 'all' })
  assert.equal(forClient(undefined, 'a'), undefined)
})

test('an exception may be to have nothing', () => {
  const known = byClient(['a'], client => (client === 'a' ? undefined : 1))
  assert.deepEqual([forClient(known, 'a'), forClient(known, 'b')], [undefined, 1])
})
