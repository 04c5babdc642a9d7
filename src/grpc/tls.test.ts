import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2, { type ClientHttp2Session } from 'node:http2'
import net from 'node:net'
import { after, before, test } from 'node:test'
import tls, { type TLSSocket } from 'node:tls'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { frameOf, type PeerIdentity } from '../platform/rpc.ts'
import { createGrpcServer, type GrpcServer, type TlsMaterial } from './server.ts'
import { answerOf, grpcHeaders, request } from './testing/raw-client.ts'
import { createTestAuthority, type TestAuthority, type TestLeaf } from './testing/test-authority.ts'

const path = '/test.Service/Whoami'
const uri = 'spiffe://cluster.local/ns/photos/sa/web'
let authority: TestAuthority
let foreign: TestAuthority
let material: TlsMaterial
let server: GrpcServer
let port: number
let lastPeer: PeerIdentity | undefined
/** Serial numbers of certificates that are turned away. */
const unwelcome = new Set<string>()

before(async () => {
  authority = await createTestAuthority('mesh')
  foreign = await createTestAuthority('foreign')
  material = await serverMaterial(authority)
  server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: material,
    log: silentLog,
    clock: systemClock,
    limits: { handshakeMs: 150 },
    refuseCertificate: ({ serialNumber }) => (unwelcome.has(serialNumber) ? 'revoked' : undefined),
  })
  server.register({
    kind: 'duplex',
    path,
    handle(stream) {
      lastPeer = stream.peer
      stream.onMessage(body => stream.send(frameOf(Buffer.from(body))))
      stream.onHalfClose(() => stream.close({ code: 'OK', message: '' }))
    },
  })
  const address = await server.start()
  port = 'port' in address ? address.port : assert.fail('not TCP')
})

after(() => server.stop())

async function serverMaterial(issuer: TestAuthority): Promise<TlsMaterial> {
  const leaf = await issuer.leaf({ dns: ['localhost'] })
  return { chainPem: leaf.certPem, keyPem: leaf.keyPem, trustPem: issuer.rootPem }
}

/** The parsed session, or the reason that there is none. */
async function connect(
  leaf: TestLeaf | undefined,
  trust: TestAuthority,
  options: tls.ConnectionOptions = {},
): Promise<ClientHttp2Session> {
  const client = leaf === undefined ? {} : { cert: leaf.certPem, key: leaf.keyPem }
  const session = http2.connect(`https://localhost:${port}`, { ca: trust.rootPem, ...client, ...options })
  session.on('error', () => undefined)
  await once(session, 'connect')
  return session
}

async function whoami(session: ClientHttp2Session): Promise<PeerIdentity | undefined> {
  lastPeer = undefined
  const answer = await request(session, grpcHeaders(path))
  if (answer.trailers['grpc-status'] !== '0') return undefined
  return lastPeer
}

test('a client without a certificate is served, and nothing is claimed about it', async () => {
  const session = await connect(undefined, authority)
  const peer = await whoami(session)
  assert.equal(peer?.transport, 'tls')
  assert.equal(peer.certificate, undefined)
  session.destroy()
})

test('a verified certificate is known by its URI, once per connection', async () => {
  const session = await connect(await authority.leaf({ uris: [uri], dns: ['web'] }), authority)
  const first = await whoami(session)
  assert.deepEqual(first?.certificate?.uris, [uri])
  assert.equal((await whoami(session))?.certificate, first.certificate)
  session.destroy()
})

for (const [name, leafOf] of [
  ['of a foreign authority', () => foreign.leaf({ uris: [uri] })],
  ['with two URIs', () => authority.leaf({ uris: [uri, `${uri}2`] })],
  ['with no URI', () => authority.leaf({ dns: ['web'] })],
] as const) {
  test(`a certificate ${name} ends the connection before a request is read`, async () => {
    const refusedBefore = server.stats().refusedConnections
    lastPeer = undefined
    const session = await connect(await leafOf(), authority).catch(() => undefined)
    if (session !== undefined) {
      const [answer] = await Promise.all([request(session, grpcHeaders(path)), once(session, 'close')])
      assert.equal(answer.trailers['grpc-status'], undefined)
    }
    assert.equal(lastPeer, undefined)
    assert.equal(server.stats().refusedConnections, refusedBefore + 1)
  })
}

test('TOB Linkerd 2022: TLS 1.1 and a client that does not speak h2 are refused', async () => {
  const options = { host: 'localhost', port, ca: authority.rootPem }
  for (const more of [
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0', ALPNProtocols: ['h2'] },
    { ALPNProtocols: ['http/1.1'] },
    {},
  ] satisfies tls.ConnectionOptions[]) {
    const socket = tls.connect({ ...options, ...more })
    socket.on('error', () => undefined)
    await new Promise(resolve => socket.on('close', resolve))
  }
})

test('a client that does not finish the handshake is cut off', async () => {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'close')
})

test('CVE-2022-21654: no TLS session can be resumed, so that every handshake verifies against the trust of today', async () => {
  const leaf = await authority.leaf({ uris: [uri] })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    let ticket: Buffer | undefined
    const first = await connect(leaf, authority, { maxVersion })
    const socket = first.socket as TLSSocket
    socket.on('session', (session: Buffer) => {
      ticket = session
    })
    await whoami(first)
    ticket ??= socket.getSession()
    first.destroy()
    const second = await connect(leaf, authority, { maxVersion, ...(ticket === undefined ? {} : { session: ticket }) })
    assert.equal((second.socket as TLSSocket).isSessionReused(), false, maxVersion)
    second.destroy()
  }
})

test('new material is used for new connections, and a stream that lives goes on', async () => {
  const leaf = await authority.leaf({ uris: [uri] })
  const session = await connect(leaf, authority)
  const stream = session.request(grpcHeaders(path))
  const answer = answerOf(stream)
  const [prefix, body] = frameOf(Buffer.from('before'))
  stream.write(Buffer.concat([prefix ?? assert.fail(), body ?? assert.fail()]))
  await once(stream, 'data')

  const next = await createTestAuthority('next')
  server.setTls(await serverMaterial(next))
  await assert.rejects(connect(undefined, authority), 'the old root does not know the new server')
  const oldClient = await connect(leaf, next).catch(() => undefined)
  if (oldClient !== undefined) await once(oldClient, 'close')
  const newClient = await connect(await next.leaf({ uris: [`${uri}-next`] }), next)
  assert.deepEqual((await whoami(newClient))?.certificate?.uris, [`${uri}-next`])
  newClient.destroy()

  stream.write(Buffer.concat([...frameOf(Buffer.from('after'))]))
  await once(stream, 'data')
  stream.end()
  const { trailers, body: bytes } = await answer
  assert.equal(trailers['grpc-status'], '0')
  assert.equal(bytes.toString('latin1'), '\0\0\0\0\x06before\0\0\0\0\x05after')
  session.destroy()
  server.setTls(material)
})

test('material that does not fit together is refused and the old stays in force', async () => {
  const other = await authority.leaf({ dns: ['localhost'] })
  for (const bad of [
    { ...material, keyPem: other.keyPem },
    { ...material, chainPem: 'garbage' },
    { ...material, trustPem: 'garbage' },
    { ...material, trustPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
  ]) {
    assert.throws(() => server.setTls(bad), { code: 'GRPC_TLS_MATERIAL' })
  }
  const session = await connect(undefined, authority)
  assert.equal((await whoami(session))?.transport, 'tls')
  session.destroy()
})

test('without trusted roots no client certificate is accepted, not even one of a public authority', async () => {
  server.setTls({ ...material, trustPem: '' })
  const session = await connect(await authority.leaf({ uris: [uri] }), authority).catch(() => undefined)
  if (session !== undefined) await once(session, 'close')
  assert.equal(await whoami(await connect(undefined, authority)).then(peer => peer?.certificate), undefined)
  server.setTls(material)
})

test('a certificate that is revoked ends its connections at once, and begins no other; its sibling is left alone', async () => {
  const [leaf, sibling] = [await authority.leaf({ uris: [uri] }), await authority.leaf({ uris: [uri] })]
  const [open, other] = [await connect(leaf, authority), await connect(sibling, authority)]
  const serialNumber = (await whoami(open))?.certificate?.serialNumber ?? assert.fail('no certificate')
  await whoami(other)
  unwelcome.add(serialNumber)
  const closed = once(open, 'close')
  assert.equal(
    server.endConnections(({ certificate }) => certificate?.serialNumber === serialNumber, 'revoked'),
    1,
  )
  await closed
  const refusedBefore = server.stats().refusedConnections
  lastPeer = undefined
  const again = await connect(leaf, authority).catch(() => undefined)
  if (again !== undefined) await Promise.all([request(again, grpcHeaders(path)), once(again, 'close')])
  assert.equal(lastPeer, undefined)
  assert.equal(server.stats().refusedConnections, refusedBefore + 1)
  assert.deepEqual((await whoami(other))?.certificate?.uris, [uri])
  other.destroy()
})
