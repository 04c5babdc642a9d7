import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import net, { type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { FakeClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { stalledAfterMs } from './handshakes.ts'
import { createGrpcServer, type GrpcServer } from './server.ts'
import { until } from './testing/raw-rig.ts'
import { createTestAuthority, type TestAuthority } from './testing/test-authority.ts'

const most = 4
const share = 1
const clock = new FakeClock()
let authority: TestAuthority
let server: GrpcServer
let port: number

before(async () => {
  authority = await createTestAuthority('mesh')
  const leaf = await authority.leaf({ dns: ['localhost'] })
  server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: { chainPem: leaf.certPem, keyPem: leaf.keyPem, trustPem: authority.rootPem },
    log: silentLog,
    clock,
    limits: { maxHandshakes: most, handshakesPerAddress: share },
  })
  const address = await server.start()
  port = 'port' in address ? address.port : assert.fail('not TCP')
})

after(() => server.stop())

/** A client that says nothing. */
async function silent(
  localAddress = '127.0.0.1',
): Promise<{ readonly socket: Socket; readonly closed: Promise<unknown> }> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  const closed = new Promise(resolve => socket.once('close', resolve))
  await once(socket, 'connect')
  return { socket, closed }
}

async function allPlaces(localAddresses = ['127.0.0.1']): Promise<Awaited<ReturnType<typeof silent>>[]> {
  // A client has finished its handshake a moment before the server.
  await until(() => server.stats().handshakes === 0)
  const held = await Promise.all(
    Array.from({ length: most }, (_, i) => silent(localAddresses[i % localAddresses.length])),
  )
  await until(() => server.stats().handshakes === most)
  return held
}

function connects(localAddress = '127.0.0.1'): Promise<boolean> {
  return new Promise(resolve => {
    const connection = { host: '127.0.0.1', port, localAddress, servername: 'localhost', ALPNProtocols: ['h2'] }
    const session = http2.connect(`https://localhost:${port}`, {
      createConnection: () => tls.connect({ ...connection, ca: authority.rootPem }),
    })
    session.on('error', () => resolve(false))
    session.once('connect', () => {
      resolve(true)
      session.close()
    })
  })
}

test('a finished handshake gives its place back, and so does one that is given up', async () => {
  for (let round = 0; round < 3 * most; round += 1) assert.equal(await connects(), true)
  for (let round = 0; round < 3 * most; round += 1) {
    const { socket, closed } = await silent()
    await until(() => server.stats().handshakes === 1)
    socket.destroy()
    await closed
    await until(() => server.stats().handshakes === 0)
  }
  assert.equal(server.stats().shedConnections, 0)
})

test('beyond the limit a connection is closed before its handshake, and counted', async () => {
  const before = server.stats()
  const held = await allPlaces()
  assert.equal(await connects(), false)
  const after = server.stats()
  assert.equal(after.shedConnections, before.shedConnections + 1)
  assert.equal(after.refusedConnections, before.refusedConnections)
  for (const { socket } of held) socket.destroy()
  await until(() => server.stats().handshakes === 0)
  assert.equal(await connects(), true)
})

test('whoever holds a place without using it loses it to the next one, so that silent clients keep nobody out', async () => {
  const held = await allPlaces()
  clock.advance(stalledAfterMs)
  const before = server.stats().shedConnections
  assert.equal(await connects(), true)
  await Promise.any(held.map(({ closed }) => closed))
  assert.equal(server.stats().shedConnections, before + 1)
  for (const { socket } of held) socket.destroy()
  await until(() => server.stats().handshakes === 0)
})

test('silent clients of one address keep nobody else out, though they have all places', async () => {
  const held = await allPlaces(['127.0.0.2'])
  const before = server.stats().shedConnections
  assert.equal(await connects('127.0.0.2'), false)
  assert.equal(await connects('127.0.0.3'), true)
  // The oldest of those that had more than their share.
  await held[0]?.closed
  assert.equal(server.stats().shedConnections, before + 2)
  for (const { socket } of held) socket.destroy()
  await until(() => server.stats().handshakes === 0)
})

test('where no address has more than its share, whoever comes is turned away and those who are there go on', async () => {
  const held = await allPlaces(['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'])
  assert.equal(await connects('127.0.0.6'), false)
  assert.equal(server.stats().handshakes, most)
  for (const { socket } of held) socket.destroy()
  await until(() => server.stats().handshakes === 0)
})
