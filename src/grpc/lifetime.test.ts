import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { FakeClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { frameOf } from '../platform/rpc.ts'
import { createGrpcServer, type GrpcServer, type GrpcServerOptions } from './server.ts'
import { GrpcClient, statusOf } from './testing/grpc-client.ts'
import { connectHttp2, frameTypes, http2Frame, preface, RawSocket } from './testing/raw-client.ts'

const opened: { close(): unknown }[] = []

interface Rig {
  readonly server: GrpcServer
  readonly clock: FakeClock
  readonly port: number
  readonly client: GrpcClient
  /** Lets the calls of Held answer. */
  readonly release: () => void
  readonly held: () => number
}

async function start(options: Partial<GrpcServerOptions> = {}, signal?: AbortSignal): Promise<Rig> {
  const clock = new FakeClock()
  const waiting: (() => void)[] = []
  const server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    log: silentLog,
    clock,
    ...options,
  })
  server.register({ kind: 'unary', path: '/t.S/Echo', handle: async call => ({ body: call.body }) })
  server.register({
    kind: 'unary',
    path: '/t.S/Held',
    handle: async call => {
      await new Promise<void>(resolve => waiting.push(resolve))
      return { body: call.body }
    },
  })
  server.register({
    kind: 'duplex',
    path: '/t.S/Stream',
    handle: stream => stream.onMessage(body => stream.send(frameOf(Buffer.from(body)))),
  })
  const address = await server.start(signal)
  const port = 'port' in address ? address.port : assert.fail()
  const client = new GrpcClient(`127.0.0.1:${port}`)
  opened.push({
    async close() {
      client.close()
      const stopped = server.stop()
      // Whatever is left is cut off when the fake time for it has passed.
      for (let i = 0; i < 5 && server.stats().connections > 0; i += 1) await tick(() => clock.advance(10_000))
      await stopped
    },
  })
  const release = (): void => {
    for (const go of waiting.splice(0)) go()
  }
  return { server, clock, port, client, release, held: () => waiting.length }
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function tick(action: () => void): Promise<void> {
  action()
  await new Promise(resolve => setTimeout(resolve, 5))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
}

test('an old connection is told to go: calls finish, streams are ended after the grace, the client reconnects', async () => {
  const { server, clock, client, release, held } = await start({
    keepalive: { maxAgeMs: 60_000, ageJitter: 0, ageGraceMs: 5000, pingEveryMs: 1e9 },
  })
  const stream = client.bidi('/t.S/Stream')
  stream.write(Buffer.from('x'))
  await once(stream, 'data')
  const unary = client.unary('/t.S/Held', Buffer.from('held'))
  await until(() => held() === 1)
  clock.advance(60_000)
  const elsewhere = await client.unary('/t.S/Echo', Buffer.from('new'))
  assert.equal(elsewhere.code, status.OK)
  assert.equal(server.stats().connections, 2)
  stream.write(Buffer.from('still served'))
  await once(stream, 'data')
  release()
  assert.equal((await unary).code, status.OK)
  const end = statusOf(stream)
  clock.advance(5000)
  const { code, details } = await end
  assert.equal(code, status.UNAVAILABLE)
  assert.equal(details, 'connection too old, reconnect')
  await until(() => server.stats().connections === 1)
})

test('a quiet stream on a connection that was told to go lives to the end of the grace', async () => {
  const { server, clock, client } = await start({
    keepalive: { maxAgeMs: 60_000, ageJitter: 0, ageGraceMs: 50_000, pingEveryMs: 10_000, pingTimeoutMs: 30_000 },
  })
  const stream = client.bidi('/t.S/Stream')
  stream.write(Buffer.from('x'))
  await once(stream, 'data')
  for (let i = 0; i < 109; i += 1) await tick(() => clock.advance(1000))
  assert.equal(server.stats().streams, 1)
  const end = statusOf(stream)
  clock.advance(1000)
  assert.equal((await end).details, 'connection too old, reconnect')
})

test('no call fails while connections are sent away under load', async () => {
  const { clock, client } = await start({ keepalive: { maxAgeMs: 1000, ageJitter: 0, pingEveryMs: 1e9 } })
  let running = true
  const failed: string[] = []
  let calls = 0
  const caller = async (): Promise<void> => {
    while (running) {
      const { code, details } = await client.unary('/t.S/Echo', Buffer.from('x'))
      if (code !== status.OK) failed.push(details)
      calls += 1
    }
  }
  const callers = Array.from({ length: 8 }, caller)
  for (let round = 1; round <= 10; round += 1) {
    // A client repeats a refused call once (gRFC A6), so that each connection is left time to serve.
    await until(() => calls >= round * 50)
    clock.advance(1000)
  }
  running = false
  await Promise.all(callers)
  assert.deepEqual(failed, [])
})

test('connections made together do not age together', async () => {
  const randoms = [0, 0, 0, 0.999]
  const { clock, server, port } = await start({
    keepalive: { maxAgeMs: 100_000, ageJitter: 0.1, pingEveryMs: 1e9 },
    limits: { firstStreamMs: 1e9 },
    random: () => randoms.shift() ?? 0.5,
  })
  const sessions = [await connectHttp2(port), await connectHttp2(port)]
  for (const session of sessions) opened.push({ close: () => session.destroy() })
  await until(() => server.stats().connections === 2)
  await tick(() => clock.advance(90_000))
  await until(() => sessions[0]?.closed === true)
  assert.equal(sessions[1]?.closed, false)
  await tick(() => clock.advance(20_000))
  await until(() => sessions[1]?.closed === true)
})

test('a peer that answers pings lives, one that does not dies, one that sends anything else lives', async () => {
  const { clock, server, port } = await start({
    keepalive: { pingEveryMs: 1000, pingTimeoutMs: 500, maxAgeMs: 1e9 },
    limits: { firstStreamMs: 1e9 },
  })
  const healthy = await connectHttp2(port)
  opened.push({ close: () => healthy.destroy() })
  const dead = new RawSocket(port)
  const busy = new RawSocket(port)
  opened.push({ close: () => busy.socket.destroy() })
  for (const client of [dead, busy]) client.write(preface, http2Frame(frameTypes.settings, {}))
  await until(() => server.stats().connections === 3 && dead.received.length > 0 && busy.received.length > 0)
  let pings = 0
  healthy.on('ping', () => {
    pings += 1
  })
  await tick(() => clock.advance(1000))
  await until(() => pings === 1)
  const windowUpdate = 8
  await tick(() => busy.write(http2Frame(windowUpdate, { payload: Buffer.from([0, 0, 0, 1]) })))
  await tick(() => clock.advance(500))
  await dead.closed
  assert.equal(healthy.destroyed, false)
  assert.equal(busy.socket.destroyed, false)
  assert.equal(server.stats().connections, 2)
})

test('a connection without calls is sent away after a while, and one with a call is not', async () => {
  const { clock, server, client } = await start({
    limits: { idleMs: 10_000 },
    keepalive: { pingEveryMs: 1e9, maxAgeMs: 1e9 },
  })
  const stream = client.bidi('/t.S/Stream')
  stream.write(Buffer.from('x'))
  await once(stream, 'data')
  await client.unary('/t.S/Echo', Buffer.from('x'))
  await tick(() => clock.advance(20_000))
  assert.equal(server.stats().connections, 1)
  stream.cancel()
  await until(() => server.stats().streams === 0)
  await tick(() => clock.advance(10_000))
  await until(() => server.stats().connections === 0)
})

test('stopping lets unary calls finish and ends streams with UNAVAILABLE when the time has passed', async () => {
  const { server, clock, client, release, held } = await start()
  const stream = client.bidi('/t.S/Stream')
  stream.write(Buffer.from('x'))
  await once(stream, 'data')
  const unary = client.unary('/t.S/Held', Buffer.from('held'))
  await until(() => held() === 1)
  let streamEnded = false
  const end = statusOf(stream).then(result => {
    streamEnded = true
    return result
  })
  const stopped = server.stop({ withinMs: 3000 })
  await tick(() => clock.advance(1000))
  release()
  assert.equal((await unary).code, status.OK)
  assert.equal(streamEnded, false)
  clock.advance(2000)
  const { code, details } = await end
  assert.equal(code, status.UNAVAILABLE)
  assert.equal(details, 'the server is stopping')
  await stopped
  const { connections, streams, refusedConnections } = server.stats()
  assert.deepEqual([connections, streams, refusedConnections], [0, 0, 0])
})

test('stopping does not wait for a peer that ignores it', async () => {
  const { server, clock, port } = await start({ limits: { firstStreamMs: 1e9 } })
  const deaf = new RawSocket(port)
  deaf.write(preface, http2Frame(frameTypes.settings, {}))
  await until(() => server.stats().connections === 1)
  deaf.socket.pause()
  const stopped = server.stop({ withinMs: 0 })
  for (let i = 0; i < 4; i += 1) await tick(() => clock.advance(1000))
  await stopped
  assert.equal(server.stats().connections, 0)
})

test('aborting the signal stops the server', async () => {
  const abort = new AbortController()
  const { port, server } = await start({}, abort.signal)
  abort.abort()
  await server.stop()
  const late = new RawSocket(port)
  await late.closed
  assert.equal(late.received.length, 0)
})

test('a call that waits for a slow handler is cut off at the longest time a unary call may take', async () => {
  const { clock, client, held } = await start({ limits: { unaryMs: 7000 } })
  const unary = client.unary('/t.S/Held', Buffer.from('x'))
  await until(() => held() === 1)
  clock.advance(7000)
  assert.equal((await unary).code, status.DEADLINE_EXCEEDED)
})
