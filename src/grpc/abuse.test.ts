import assert from 'node:assert/strict'
import http2 from 'node:http2'
import { test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import { frameOf } from '../platform/rpc.ts'
import { frameTypes, grpcHeaders, headerBlock, http2Frame, preface, request } from './testing/raw-client.ts'
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

test('a connection without a request in time is closed, with or without a preface', async () => {
  const { port } = await start({ firstStreamMs: 50 })
  const silent = raw(port)
  const polite = raw(port)
  polite.write(preface, settings)
  await Promise.all([silent.closed, polite.closed])
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
  const { connections, shedConnections, refusedConnections } = server.stats()
  assert.deepEqual([connections, shedConnections, refusedConnections], [1, 1, 0])
})

test('new calls above the rate wait their turn, those that would wait too long are refused', async () => {
  const clock = new FakeClock()
  const { port } = await start({ newStreams: { burst: 1, perSecond: 20, maxWaitMs: 120 } }, clock)
  const session = await connect(port)
  const statuses: unknown[] = []
  const calls = Array.from({ length: 6 }, async () => {
    const answer = await request(session, grpcHeaders(echoPath), { bytes: message('x'), after: 'end' })
    statuses.push(answer.trailers['grpc-status'])
    return answer
  })
  await until(() => statuses.length === 4)
  assert.deepEqual(statuses.sort(), ['0', '8', '8', '8'])
  clock.advance(50)
  await until(() => statuses.length === 5)
  clock.advance(50)
  const answers = await Promise.all(calls)
  assert.deepEqual(
    answers.map(answer => answer.trailers['grpc-status']),
    ['0', '0', '0', '8', '8', '8'],
  )
  assert.match(String(answers[5]?.trailers['grpc-message']), /^request rate limit exceeded/)
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
