import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshwrightError } from '../platform/errors.ts'
import { silentLog } from '../platform/log.ts'
import { statusFromThrown, statusTrailers } from './status.ts'

test('an OK status has no message', () => {
  assert.deepEqual(statusTrailers({ code: 'OK', message: '' }), { 'grpc-status': '0' })
})

test('any message becomes a valid field value that decodes to the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), message => {
      const encoded = statusTrailers({ code: 'NOT_FOUND', message })['grpc-message'] ?? ''
      assert.match(encoded, /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
      assert.equal(decodeURIComponent(encoded), message.toWellFormed())
    }),
  )
})

test('a very long message is cut', () => {
  const encoded = statusTrailers({ code: 'INTERNAL', message: 'x'.repeat(100_000) })['grpc-message'] ?? ''
  assert.ok(encoded.length < 1100)
})

test('an error that says when to try again tells it in the trailers, as whole milliseconds', () => {
  const where = { log: silentLog, path: '/a/b' }
  const status = statusFromThrown(new MeshwrightError('CA_BUSY', { message: 'later', retryAfterMs: 1499.2 }), where)
  assert.deepEqual(statusTrailers(status), {
    'grpc-status': '8',
    'grpc-message': 'later',
    'grpc-retry-pushback-ms': '1500',
  })
})
