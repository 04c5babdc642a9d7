import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2, { type ClientHttp2Session } from 'node:http2'
import { afterEach, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { frameOf } from '../platform/rpc.ts'
import { createGrpcServer, type GrpcLimits, type GrpcServer } from './server.ts'
import {
  answerOf,
  connectHttp2,
  frameTypes,
  grpcHeaders,
  headerBlock,
  http2Frame,
  preface,
  RawSocket,
  request,
} from './testing/raw-client.ts'

const echoPath = '/test.Service/Echo'
const streamPath = '/test.Service/Stream'
const opened: { close(): unknown }[] = []

interface Rig {
  readonly server: GrpcServer
  readonly port: number
  /** What happened to the streams of `streamPath`, in order. */
  readonly events: string[]
}

async function start(limits: Partial<GrpcLimits> = {}): Promise<Rig> {
  const events: string[] = []
  const server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    log: silentLog,
    clock: systemClock,
    limits,
  })
  server.register({ kind: 'unary', path: echoPath, handle: async call => ({ body: call.body }) })
  server.register({
    kind: 'duplex',
    path: streamPath,
    handle(stream) {
      events.push('open')
      stream.onMessage(body => {
        events.push('message')
        if (Buffer.from(body).toString() === 'refuse') stream.close({ code: 'PERMISSION_DENIED', message: 'no' })
        else stream.send(frameOf(Buffer.from(body)))
      })
      stream.onHalfClose(() => events.push('half-close'))
      stream.onClose(() => events.push('close'))
    },
  })
  const address = await server.start()
  opened.push({ close: () => server.stop() })
  return { server, port: 'port' in address ? address.port : assert.fail(), events }
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

function raw(port: number): RawSocket {
  const socket = new RawSocket(port)
  opened.push({ close: () => socket.socket.destroy() })
  return socket
}

async function connect(port: number, options?: http2.ClientSessionOptions): Promise<ClientHttp2Session> {
  const session = await connectHttp2(port, options)
  opened.push({ close: () => session.destroy() })
  return session
}

const message = (text: string): Buffer => Buffer.concat([...frameOf(Buffer.from(text))])
const settings = http2Frame(frameTypes.settings, {})

function requestFrame(stream: number, path: string): Buffer {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'a',
    'content-type': 'application/grpc',
    te: 'trailers',
  }
  return http2Frame(frameTypes.headers, { flags: 4, stream, payload: headerBlock(fields) })
}

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

/** The server must still do its work for others. */
async function assertServes(port: number): Promise<void> {
  const answer = await request(await connect(port), grpcHeaders(echoPath), { bytes: message('ok'), after: 'end' })
  assert.equal(answer.trailers['grpc-status'], '0')
}

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

test('frames of any type, flags, stream and content end at most their own connection', async () => {
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

test('a connection without a request in time is closed, with or without a preface', async () => {
  const { port } = await start({ firstStreamMs: 50 })
  const silent = raw(port)
  const polite = raw(port)
  polite.write(preface, settings)
  await Promise.all([silent.closed, polite.closed])
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

test('rapid resets end the connection (CVE-2023-44487)', async () => {
  const { port } = await start({ streamResets: { burst: 50, perSecond: 1 } })
  const client = raw(port)
  client.write(preface, settings)
  for (let stream = 1; stream < 400; stream += 2) {
    client.write(
      requestFrame(stream, streamPath),
      http2Frame(frameTypes.rstStream, { stream, payload: Buffer.from([0, 0, 0, 8]) }),
    )
  }
  await client.closed
  await assertServes(port)
})

test('an endless header block ends the connection (CVE-2024-27983)', async () => {
  const { port } = await start()
  const client = raw(port)
  client.write(
    preface,
    settings,
    http2Frame(frameTypes.headers, { stream: 1, payload: headerBlock({ ':method': 'POST' }) }),
  )
  for (let i = 0; i < 200; i += 1) {
    client.write(
      http2Frame(frameTypes.continuation, { stream: 1, payload: headerBlock({ [`x-${i}`]: 'y'.repeat(1000) }) }),
    )
  }
  await client.closed
  await assertServes(port)
})

test('a flood of settings or pings ends the connection', async () => {
  const { port } = await start({ controlFrames: { burst: 20, perSecond: 1 } })
  for (const frame of [settings, http2Frame(frameTypes.ping, { payload: Buffer.alloc(8) })]) {
    const client = raw(port)
    client.write(preface, settings, requestFrame(1, streamPath))
    client.write(...Array.from({ length: 200 }, () => frame))
    await client.closed
    assert.ok(client.received.includes(Buffer.from([0, 0, 0, 11])), 'GOAWAY with ENHANCE_YOUR_CALM')
  }
  await assertServes(port)
})

test('pings that go with data are welcome', async () => {
  const { port } = await start({ controlFrames: { burst: 5, perSecond: 0.001 } })
  const session = await connect(port)
  for (let i = 0; i < 30; i += 1) {
    const answer = await request(session, grpcHeaders(echoPath), { bytes: message('x'.repeat(2000)), after: 'end' })
    assert.equal(answer.trailers['grpc-status'], '0')
    await new Promise(resolve => session.ping(resolve))
  }
})

test('header fields past the limit are refused and the connection goes on', async () => {
  const { port } = await start({ maxHeaderListBytes: 4096 })
  const session = await connect(port, { maxSendHeaderBlockLength: 100_000 })
  const large = await request(session, grpcHeaders(echoPath, { 'x-large': 'x'.repeat(5000) }))
  assert.equal(large.trailers['grpc-status'], '8')
  const larger = await request(session, grpcHeaders(echoPath, { 'x-large': 'x'.repeat(30_000) }))
  assert.equal(larger.code, http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
  const answer = await request(session, grpcHeaders(echoPath), { bytes: message('ok'), after: 'end' })
  assert.equal(answer.trailers['grpc-status'], '0')
})

test('more streams at once than allowed are refused and the others live', async () => {
  const { port, events } = await start({ maxConcurrentStreams: 2 })
  const client = raw(port)
  client.write(preface, settings, ...[1, 3, 5, 7].map(stream => requestFrame(stream, streamPath)))
  await until(
    () =>
      client.received.filter((_, i) => client.received[i] === frameTypes.rstStream).length > 0 && events.length === 2,
  )
  assert.deepEqual(events, ['open', 'open'])
  assert.equal(client.socket.destroyed, false)
})

test('more connections than allowed are refused and counted', async () => {
  const { port, server } = await start({ maxConnections: 1 })
  await assertServes(port)
  const second = raw(port)
  await second.closed
  assert.deepEqual(server.stats(), { connections: 1, streams: 0, refusedConnections: 1 })
})

test('new calls above the rate wait their turn, those that would wait too long are refused', async () => {
  const { port } = await start({ newStreams: { burst: 1, perSecond: 20, maxWaitMs: 120 } })
  const session = await connect(port)
  const call = (): ReturnType<typeof request> =>
    request(session, grpcHeaders(echoPath), { bytes: message('x'), after: 'end' })
  const answers = await Promise.all(Array.from({ length: 6 }, call))
  assert.deepEqual(
    answers.map(answer => answer.trailers['grpc-status']),
    ['0', '0', '0', '8', '8', '8'],
  )
  assert.match(String(answers[5]?.trailers['grpc-message']), /^request rate limit exceeded/)
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

test('half-received messages of all connections share one budget', async () => {
  const { port } = await start({ maxMessageBytes: 100_000, maxAssemblyBytes: 50_000 })
  const session = await connect(port)
  const half = Buffer.concat([frameOf(Buffer.alloc(90_000))[0] ?? assert.fail(), Buffer.alloc(40_000)])
  const first = session.request(grpcHeaders(echoPath))
  first.on('error', () => undefined)
  first.write(half)
  const second = await request(await connect(port), grpcHeaders(echoPath), { bytes: half, after: 'stay-open' })
  assert.equal(second.trailers['grpc-status'], '8')
  await assertServes(port)
})

/** Polls the event loop, not the clock: what is awaited comes with socket events. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
}
