import assert from 'node:assert/strict'
import { once } from 'node:events'
import { linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { credentials } from '@grpc/grpc-js'
import { systemClock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { silentLog } from '../platform/log.ts'
import { createGrpcServer } from './server.ts'
import { GrpcClient } from './testing/grpc-client.ts'
import { grpcSuite } from './testing/grpc-suite.ts'
import { createTestAuthority } from './testing/test-authority.ts'

const base = { log: silentLog, clock: systemClock } as const
const anyPort = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const

grpcSuite({
  name: 'plaintext TCP',
  async start(methods) {
    const server = createGrpcServer({ ...base, listen: anyPort })
    for (const method of methods) server.register(method)
    const address = await server.start()
    return { client: new GrpcClient(targetOf(address)), stop: () => server.stop() }
  },
  checkPeer(peer) {
    assert.equal(peer.transport, 'plaintext')
    assert.match(peer.address, /^127\.0\.0\.1:\d+$/)
    assert.equal(peer.certificate, undefined)
  },
})

const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-grpc-'))
const socketPath = path.join(directory, 'socket')

grpcSuite({
  name: 'a Unix socket',
  async start(methods) {
    const server = createGrpcServer({ ...base, listen: { kind: 'unix', path: socketPath, mode: 0o600 } })
    for (const method of methods) server.register(method)
    await server.start()
    return {
      client: new GrpcClient(`unix:${socketPath}`),
      async stop() {
        await server.stop()
        rmSync(directory, { recursive: true })
      },
    }
  },
  checkPeer(peer) {
    assert.deepEqual(peer, { transport: 'local', address: socketPath })
    assert.equal(statSync(socketPath).mode & 0o777, 0o600)
  },
})

const uri = 'spiffe://cluster.local/ns/photos/sa/web'

grpcSuite({
  name: 'TLS with a client certificate',
  async start(methods) {
    const authority = await createTestAuthority('mesh')
    const own = await authority.leaf({ dns: ['localhost'], ips: ['127.0.0.1'] })
    const client = await authority.leaf({ uris: [uri] })
    const tls = { chainPem: own.certPem, keyPem: own.keyPem, trustPem: authority.rootPem }
    const server = createGrpcServer({ ...base, listen: anyPort, tls })
    for (const method of methods) server.register(method)
    const address = await server.start()
    const pems = [authority.rootPem, client.keyPem, client.certPem].map(pem => Buffer.from(pem)) as [
      Buffer,
      Buffer,
      Buffer,
    ]
    return {
      client: new GrpcClient(targetOf(address), credentials.createSsl(...pems), {
        'grpc.ssl_target_name_override': 'localhost',
      }),
      stop: () => server.stop(),
    }
  },
  checkPeer(peer) {
    assert.equal(peer.transport, 'tls')
    assert.deepEqual(peer.certificate?.uris, [uri])
    assert.match(peer.certificate.serialNumber, /^[0-9A-F]+$/)
    assert.ok(peer.certificate.notAfterMs > Date.now())
    assert.ok(peer.certificate.raw.length > 100)
  },
})

test('an address in use is one clear error', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as net.AddressInfo
  const server = createGrpcServer({ ...base, listen: { kind: 'tcp', host: '127.0.0.1', port } })
  await assert.rejects(server.start(), error => {
    assert.ok(error instanceof MeshwrightError)
    assert.equal(error.code, 'GRPC_LISTEN')
    assert.equal(error.message, `cannot listen on 127.0.0.1:${port}: it is in use`)
    return true
  })
  taken.close()
})

test('a socket file left by a killed process is replaced, a served one and a plain file are not', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-grpc-'))
  const listen = { kind: 'unix', path: path.join(folder, 's'), mode: 0o660 } as const
  writeFileSync(path.join(folder, 'plain'), 'mine')
  const overFile = createGrpcServer({ ...base, listen: { ...listen, path: path.join(folder, 'plain') } })
  await assert.rejects(overFile.start(), { code: 'GRPC_LISTEN' })
  await leaveStaleSocket(listen.path)
  const first = createGrpcServer({ ...base, listen })
  await first.start()
  assert.equal(statSync(listen.path).mode & 0o777, 0o660)
  await assert.rejects(createGrpcServer({ ...base, listen }).start(), { code: 'GRPC_LISTEN' })
  await first.stop()
  rmSync(folder, { recursive: true })
})

test('a path can be registered once', () => {
  const server = createGrpcServer({ ...base, listen: anyPort })
  const method = { kind: 'duplex', path: '/a/B', handle: () => undefined } as const
  server.register(method)
  assert.throws(() => server.register(method), /registered twice/)
})

function targetOf(address: Awaited<ReturnType<ReturnType<typeof createGrpcServer>['start']>>): string {
  return 'port' in address ? `${address.host}:${address.port}` : `unix:${address.path}`
}

/** Node removes the file when it closes a listener, so that the leftover is made under another name. */
async function leaveStaleSocket(target: string): Promise<void> {
  const listener = net.createServer()
  await new Promise<void>(resolve => listener.listen(`${target}.first`, resolve))
  linkSync(`${target}.first`, target)
  await new Promise(resolve => listener.close(resolve))
}
