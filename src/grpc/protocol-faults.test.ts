import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import fc from 'fast-check'
import { answerOf, frameTypes, grpcHeaders, headerBlock, http2Frame, preface, request } from './testing/raw-client.ts'
import {
  assertServes,
  connect,
  echoPath,
  message,
  raw,
  requestFrame,
  settings,
  start,
  streamPath,
  until,
} from './testing/raw-rig.ts'

const wellFormedPayloads = [
  headerBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': streamPath,
    ':authority': 'a',
    'content-type': 'application/grpc',
  }),
  message('hello'),
  Buffer.from([0, 0, 0, 8]),
  Buffer.from([0, 3, 0, 0, 0, 1]),
  Buffer.alloc(8),
]

for (const [name, bytes] of [
  ['an HTTP/1.1 request', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['a TLS handshake', Buffer.from('160301020001000', 'hex')],
  ['zeros', Buffer.alloc(1000)],
  ['a frame before SETTINGS', Buffer.concat([preface, http2Frame(frameTypes.ping, { payload: Buffer.alloc(8) })])],
  [
    'a frame larger than was agreed',
    Buffer.concat([preface, settings, http2Frame(frameTypes.data, { stream: 1, payload: Buffer.alloc(20_000) })]),
  ],
  [
    'DATA on a stream that was never opened',
    Buffer.concat([preface, settings, http2Frame(frameTypes.data, { stream: 5, payload: Buffer.alloc(4) })]),
  ],
  [
    'a header block that does not decode',
    Buffer.concat([
      preface,
      settings,
      http2Frame(frameTypes.headers, { flags: 4, stream: 1, payload: Buffer.alloc(4, 0xff) }),
    ]),
  ],
] as const) {
  test(`${name} ends that connection and no other`, async () => {
    const { port } = await start()
    const bystander = await connect(port)
    const stream = bystander.request(grpcHeaders(streamPath))
    stream.write(message('hello'))
    await once(stream, 'data')
    const bad = raw(port)
    bad.write(bytes)
    await bad.closed
    stream.write(message('still here'))
    await once(stream, 'data')
    await assertServes(port)
  })
}

test('CVE-2022-23635: frames of any type, flags, stream and content end at most their own connection', async () => {
  const { port } = await start({ firstStreamMs: 500 })
  const bystander = await connect(port)
  const anyFrame = fc
    .record({
      type: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.nat(255)),
      flags: fc.oneof(fc.constantFrom(0, 1, 4, 5, 8, 0x20), fc.nat(255)),
      stream: fc.oneof(fc.nat(9), fc.nat(0x7fff_ffff)),
      payload: fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...wellFormedPayloads)),
    })
    .map(({ type, payload, ...rest }) => http2Frame(type, { ...rest, payload: Buffer.from(payload) }))
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { maxLength: 30 }), async frames => {
      const client = raw(port)
      client.write(preface, settings, requestFrame(1, streamPath), ...frames)
      client.socket.end()
      await client.closed
      const answer = await request(bystander, grpcHeaders(echoPath), { bytes: message('ok'), after: 'end' })
      assert.equal(answer.trailers['grpc-status'], '0')
    }),
    { numRuns: 100 },
  )
})

test('a reset stream is closed once and was not half-closed', async () => {
  const { port, events } = await start()
  const client = raw(port)
  client.write(
    preface,
    settings,
    requestFrame(1, streamPath),
    http2Frame(frameTypes.data, { stream: 1, payload: message('x') }),
  )
  await until(() => events.includes('message'))
  client.write(http2Frame(frameTypes.rstStream, { stream: 1, payload: Buffer.from([0, 0, 0, 8]) }))
  await until(() => events.includes('close'))
  assert.deepEqual(events, ['open', 'message', 'close'])
})

test('a connection that breaks off closes its streams', async () => {
  const { port, events, server } = await start()
  const client = raw(port)
  client.write(preface, settings, requestFrame(1, streamPath), requestFrame(3, streamPath))
  await until(() => events.length === 2)
  client.socket.destroy()
  await until(() => server.stats().connections === 0)
  assert.deepEqual(events, ['open', 'open', 'close', 'close'])
})

test('what is not gRPC gets an HTTP status', async () => {
  const { port } = await start()
  const session = await connect(port)
  for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) {
    assert.equal((await request(session, { ':method': method, ':path': echoPath })).headers[':status'], 405)
  }
  assert.equal(
    (await request(session, grpcHeaders(echoPath, { 'content-type': 'text/plain' }))).headers[':status'],
    415,
  )
})

test('envelopes that break the protocol end the call with a status', async () => {
  const { port } = await start({ maxMessageBytes: 100 })
  const session = await connect(port)
  for (const [bytes, expected] of [
    [Buffer.from([1, 0, 0, 0, 1, 7]), '13'],
    [Buffer.from([0, 0, 0, 0, 9, 7]), '13'],
    [Buffer.concat([message('a'), message('b')]), '12'],
    [Buffer.alloc(0), '12'],
    [Buffer.from([0, 0, 0, 0, 101]), '8'],
  ] as const) {
    const { trailers } = await request(session, grpcHeaders(echoPath), { bytes, after: 'end' })
    assert.equal(trailers['grpc-status'], expected, bytes.toString('hex'))
  }
  const compressed = await request(session, grpcHeaders(echoPath, { 'grpc-encoding': 'gzip' }))
  assert.equal(compressed.trailers['grpc-status'], '12')
  const hurried = await request(session, grpcHeaders(echoPath, { 'grpc-timeout': 'now' }))
  assert.equal(hurried.trailers['grpc-status'], '13')
})

test('a client that keeps sending after the answer is told that nobody listens', async () => {
  const { port, events } = await start()
  const session = await connect(port)
  const early = await request(session, grpcHeaders(streamPath), { bytes: message('refuse'), after: 'stay-open' })
  assert.equal(early.trailers['grpc-status'], '7')
  assert.equal(early.code, http2.constants.NGHTTP2_NO_ERROR)
  const stream = session.request(grpcHeaders(streamPath))
  const answer = answerOf(stream)
  stream.write(message('hello'))
  await once(stream, 'data')
  stream.write(message('refuse'))
  const late = await answer
  assert.equal(late.trailers['grpc-status'], '7')
  assert.equal(late.body.toString('latin1'), '\0\0\0\0\x05hello')
  assert.equal(late.code, http2.constants.NGHTTP2_NO_ERROR)
  const unknown = await request(session, grpcHeaders('/a.B/C'), { bytes: message('x'), after: 'stay-open' })
  assert.equal(unknown.trailers['grpc-status'], '12')
  await until(() => events.filter(event => event === 'close').length === 2)
})
