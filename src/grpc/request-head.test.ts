import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRequestHead, parseTimeoutMs } from './request-head.ts'

function head(more: Readonly<Record<string, string>> = {}): ReturnType<typeof parseRequestHead> {
  const fields = { ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc', te: 'trailers', ...more }
  return parseRequestHead(Object.entries(fields).flat(), { maxHeaderListBytes: 1000 })
}

test('a plain request is a call with a path and only its own metadata', () => {
  const parsed = head({ authorization: 'Bearer x', 'grpc-accept-encoding': 'gzip' })
  assert.ok(parsed.kind === 'call')
  assert.equal(parsed.path, '/a.B/C')
  assert.deepEqual({ ...parsed.metadata }, { authorization: 'Bearer x' })
  assert.equal('timeoutMs' in parsed, false)
})

test('only POST with a gRPC content type is gRPC', () => {
  assert.deepEqual(head({ ':method': 'GET' }), { kind: 'not-grpc', httpStatus: 405 })
  const verdicts = [
    'application/grpc+proto',
    'application/grpc;charset=x',
    'application/json',
    'application/grpc-web',
    '',
  ]
  assert.deepEqual(
    verdicts.map(type => head({ 'content-type': type }).kind),
    ['call', 'call', 'not-grpc', 'not-grpc', 'not-grpc'],
  )
})

test('a compressed request is UNIMPLEMENTED, identity is not compression', () => {
  const refused = head({ 'grpc-encoding': 'gzip' })
  assert.ok(refused.kind === 'refused')
  assert.equal(refused.status.code, 'UNIMPLEMENTED')
  assert.equal(head({ 'grpc-encoding': 'identity' }).kind, 'call')
})

test('header fields past the limit are refused, each counted with 32 bytes on top', () => {
  const fits = 1000 - (4 * 32 + ':methodPOST:path/a.B/Ccontent-typeapplication/grpctetrailers'.length) - 32 - 'x'.length
  assert.equal(head({ x: 'y'.repeat(fits) }).kind, 'call')
  const refused = head({ x: 'y'.repeat(fits + 1) })
  assert.ok(refused.kind === 'refused' && refused.status.code === 'RESOURCE_EXHAUSTED')
})

test('grpc-timeout has at most eight digits and a unit', () => {
  const texts = ['1H', '2M', '3S', '40m', '5000u', '6n', '0n', '99999999S']
  assert.deepEqual(texts.map(parseTimeoutMs), [3_600_000, 120_000, 3000, 40, 5, 6e-6, 0, 99_999_999_000])
  for (const text of ['', 'S', '1', '1s', '-1S', '1.5S', '123456789S', ' 1S', '1S ']) {
    assert.equal(parseTimeoutMs(text), undefined, text)
  }
  const refused = head({ 'grpc-timeout': 'soon' })
  assert.ok(refused.kind === 'refused' && refused.status.code === 'INTERNAL')
})

test('a binary value that is not base64 is refused', () => {
  const refused = head({ 'x-bin': '!!' })
  assert.ok(refused.kind === 'refused' && refused.status.code === 'INTERNAL')
})
