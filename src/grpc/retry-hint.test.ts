import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentials, status } from '@grpc/grpc-js'
import { systemClock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { silentLog } from '../platform/log.ts'
import { createGrpcServer } from './server.ts'
import { GrpcClient } from './testing/grpc-client.ts'

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
