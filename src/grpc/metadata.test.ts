import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { headersFromMetadata, metadataFromHeaders } from './metadata.ts'

test('a key that came twice has its values joined', () => {
  assert.deepEqual({ ...metadataFromHeaders(['a', '1', 'b', '2', 'a', '3']) }, { a: '1,3', b: '2' })
})

test('names that JavaScript treats specially are plain keys', () => {
  const metadata = metadataFromHeaders(['__proto__', 'x', 'constructor', 'y'])
  assert.deepEqual(Object.entries(metadata ?? {}), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  assert.equal(metadata?.toString, undefined)
})

test('binary values of any bytes arrive, padded or not, alone or in a list', () => {
  const lists = fc.array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.boolean()), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(lists, values => {
      const sent = values.map(([bytes, pads]) => {
        const text = Buffer.from(bytes).toString('base64')
        return pads ? text : text.replace(/=+$/, '')
      })
      const read = metadataFromHeaders(['x-bin', sent.join(',')])?.['x-bin']?.split(',') ?? []
      assert.deepEqual(
        read.map(text => [...Buffer.from(text, 'base64')]),
        values.map(([bytes]) => [...bytes]),
      )
    }),
  )
})

test('a handler cannot set fields of the transport or values that a field cannot hold', () => {
  for (const metadata of [{ ':status': '500' }, { 'grpc-status': '0' }, { 'content-type': 'x' }, { 'A-b': '1' }]) {
    assert.throws(() => headersFromMetadata(metadata), TypeError)
  }
  assert.throws(() => headersFromMetadata({ a: 'line\nbreak' }), TypeError)
  assert.throws(() => headersFromMetadata({ 'a-bin': 'not base64' }), TypeError)
  assert.deepEqual(headersFromMetadata({ a: ' b ', 'c-bin': 'AAE=' }), { a: 'b', 'c-bin': 'AAE=' })
})
