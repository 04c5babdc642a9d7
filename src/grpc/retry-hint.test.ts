import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentials, status } from '@grpc/grpc-js'
import { systemClock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { silentLog } from '../platform/log.ts'
import { createGrpcServer } from './server.ts'
import { GrpcClient } from './testing/grpc-client.ts'
import { grpcHeaders, request } from './testing/raw-client.ts'
import { assertServes, connect, message, start, until } from './testing/raw-rig.ts'

test('a client that retries by itself comes back when the server said, and not before', async () => {
  const cameAtMs: number[] = []
  const server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    log: silentLog,
    clock: systemClock,
  })
  server.register({
    kind: 'unary',
    path: '/test.Service/Busy',
    async handle() {
      cameAtMs.push(performance.now())
      if (cameAtMs.length === 1) throw new MeshwrightError('CA_BUSY', { message: 'full', retryAfterMs: 300 })
      return { body: Buffer.from('served') }
    },
  })
  const address = await server.start()
  assert.ok('port' in address)
  const retryPolicy = {
    maxAttempts: 3,
    initialBackoff: '0.01s',
    maxBackoff: '0.01s',
    backoffMultiplier: 1,
    retryableStatusCodes: ['RESOURCE_EXHAUSTED'],
  }
  const client = new GrpcClient(`127.0.0.1:${address.port}`, credentials.createInsecure(), {
    'grpc.service_config': JSON.stringify({ methodConfig: [{ name: [{}], retryPolicy }] }),
  })
  try {
    const { code, body } = await client.unary('/test.Service/Busy', Buffer.from('x'), { timeoutMs: 10_000 })
    assert.equal(code, status.OK)
    assert.equal(String(body), 'served')
    const [first = 0, second = 0] = cameAtMs
    assert.equal(cameAtMs.length, 2)
    assert.ok(second - first >= 295, `after ${second - first} ms`)
  } finally {
    client.close()
    await server.stop()
  }
})

test('a method may turn a call away at its header fields: with a hint, without its message, and without waiting for it', async () => {
  const { server, port } = await start()
  const seen: (string | undefined)[] = []
  server.register({
    kind: 'unary',
    path: '/test.Service/Full',
    admit({ peer, metadata }) {
      seen.push(`${peer.transport} ${metadata.who}`)
      if (metadata.who !== 'urgent') throw new MeshwrightError('CA_BUSY', { message: 'full', retryAfterMs: 300 })
    },
    async handle({ body }) {
      seen.push(Buffer.from(body).toString())
      return { body }
    },
  })
  const session = await connect(port)
  const call = (who: string, bytes: Buffer, after: 'end' | 'stay-open') =>
    request(session, grpcHeaders('/test.Service/Full', { who }), { bytes, after })
  for (const answer of [
    await call('a', message('never read'), 'end'),
    // One that goes on sending is told that nobody listens.
    await call('b', Buffer.alloc(0), 'stay-open'),
  ]) {
    assert.equal(answer.trailers['grpc-status'], '8')
    assert.equal(answer.trailers['grpc-retry-pushback-ms'], '300')
    assert.equal(answer.code, 0)
  }
  const served = await call('urgent', message('read'), 'end')
  assert.equal(served.trailers['grpc-status'], '0')
  assert.deepEqual(seen, ['plaintext a', 'plaintext b', 'plaintext urgent', 'read'])
  await until(() => server.stats().streams === 0)
  await assertServes(port)
})
