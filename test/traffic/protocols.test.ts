import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grpcCall, startGrpcServer } from '../support/grpc.ts'
import { http2Call, startHttp2Server } from '../support/http2.ts'
import { call, envoyStats, startApplication, startMesh } from '../support/mesh.ts'
import { until } from '../support/processes.ts'
import { policy, serviceEntry, sidecar, workloadEntry } from '../support/services.ts'
import { startTcpServer, tcpCall } from '../support/tcp.ts'

const server = '127.0.10.1'
const client = '127.0.10.2'
const other = '127.0.10.3'
const identity = /URI=spiffe:\/\/cluster\.local\/ns\/test\/sa\/client/

/** By service: the port as declared, the port of the server's Envoy and that of its application. */
const ports = {
  http: ['name: http, protocol: HTTP', 18080, 19080],
  http2: ['name: http2, protocol: HTTP2', 18081, 19081],
  grpc: ['name: grpc, protocol: GRPC', 18082, 19082],
  echo: ['name: tcp, protocol: TCP', 18083, 19083],
  greeter: ['name: tcp, protocol: TCP', 18084, 19084],
  sniffed: ['name: main', 18085, 19080],
  'sniffed-echo': ['name: main', 18086, 19083],
} as const

const hostOf = (name: string): string => `${name}.test.internal`

const ingress = Object.values(ports).map(([port, inbound, application]) => {
  const entry = `{ port: { number: ${inbound}, ${port} }, bind: ${server}, defaultEndpoint: "0.0.0.0:${application}" }`
  return entry
})

const tcpEgress = (bind: string): readonly string[] =>
  (['echo', 'greeter', 'sniffed-echo'] as const).map((name, i) => {
    const port = `{ number: ${18_183 + i}, name: tcp, protocol: TCP }`
    return `{ port: ${port}, bind: ${bind}, hosts: ["./${hostOf(name)}"] }`
  })

const egress = (bind: string): string =>
  `[{ port: { number: 18180, name: http, protocol: HTTP }, bind: ${bind}, hosts: ["./*"] }, ${tcpEgress(bind).join()}]`

const configuration = [
  ...Object.entries(ports).map(([name, [port, targetPort]]) =>
    serviceEntry({ host: hostOf(name), app: 'server', port, targetPort }),
  ),
  workloadEntry('server', server),
  sidecar('server', { ingress: `[${ingress.join(', ')}]` }),
  sidecar('client', { egress: egress(client) }),
  sidecar('other', { egress: egress(other) }),
].join('')

const mode = (name: 'STRICT' | 'PERMISSIVE'): string =>
  policy('PeerAuthentication', 'default', `{ mtls: { mode: ${name} } }`)

/** Were a call to land in a TCP chain, all of it would be refused: there, what is left of the rule is its ports. */
const noAdmin = policy(
  'AuthorizationPolicy',
  'no-admin',
  '{ selector: { matchLabels: { app: server } }, action: DENY, rules: [{ to: [{ operation: { paths: [/admin, /test.Echo/Admin], ports: ["18080", "18081", "18082", "18085"] } }] }] }',
)

const notTheOther = policy(
  'AuthorizationPolicy',
  'not-the-other',
  '{ selector: { matchLabels: { app: server } }, action: DENY, rules: [{ from: [{ source: { notPrincipals: [cluster.local/ns/test/sa/client] } }], to: [{ operation: { ports: ["18083", "18084", "18086"] } }] }] }',
)

test('every protocol goes over mutual TLS into the chain of its kind, where policies act on it; plaintext is taken or refused as the mode says', async t => {
  await startApplication(t, 'server', server, 19080)
  await startHttp2Server(t, server, 19081)
  await startGrpcServer(t, server, 19082, ['Say', 'Admin'])
  const echo = await startTcpServer(t, server, 19083)
  await startTcpServer(t, server, 19084, 'welcome')
  const mesh = await startMesh(
    t,
    { 'all.yaml': configuration, 'policies.yaml': noAdmin + notTheOther, 'mode.yaml': mode('STRICT') },
    [
      { name: 'server', ip: server },
      { name: 'client', ip: client },
      { name: 'other', ip: other },
    ],
    // Envoy waits this long for who speaks first before it takes a silent caller for one in plaintext.
    { meshConfig: 'protocolDetectionTimeout: 0.3s' },
  )
  const get = (name: string, path = '/') => call({ host: client, port: 18180, path, headers: { host: hostOf(name) } })
  const get2 = (name: string, path = '/') => http2Call({ address: client, port: 18180, host: hostOf(name), path })
  await until(async () => (await get('http')).status === 200, 10_000)

  await t.test('HTTP/1.1', async () => {
    for (const name of ['http', 'sniffed']) {
      const answer = await get(name)
      assert.equal(answer.status, 200)
      assert.match(String(answer.headers['x-caller']), identity)
      assert.equal((await get(name, '/admin')).status, 403, name)
    }
  })

  await t.test('HTTP/2', async () => {
    const answer = await get2('http2')
    assert.equal(answer.status, 200)
    assert.match(answer.body, identity)
    assert.equal((await get2('http2', '/admin')).status, 403)
  })

  await t.test('gRPC', async () => {
    const answer = await grpcCall(client, 18180, hostOf('grpc'), 'Say')
    assert.equal(answer.code, 0, answer.details)
    assert.match(answer.body, identity)
    const refused = await grpcCall(client, 18180, hostOf('grpc'), 'Admin')
    assert.equal(refused.code, 7, refused.details)
  })

  await t.test('TCP, whoever speaks first, refused to another identity', async () => {
    const before = await serverSide()
    assert.equal(await tcpCall(client, 18183, 'hello', 5), 'HELLO')
    assert.equal(await tcpCall(client, 18184, '', 7), 'welcome')
    assert.equal(await tcpCall(client, 18185, 'hello', 5), 'HELLO')
    const after = await serverSide()
    for (const port of [18083, 18084, 18086]) {
      assert.equal(after.handshakes(port), before.handshakes(port) + 1, `one handshake at ${port}`)
      assert.equal(after.httpConnections(port), 0, `no HTTP at ${port}`)
    }
    assert.ok(after.httpConnections(18080) > 0)
    const received = echo.received.length
    assert.equal(await tcpCall(other, 18183, 'hello', 5), '')
    assert.equal(await tcpCall(other, 18185, 'hello', 5), '')
    // Envoy asks its policies at the caller's first byte; a server that speaks first may have spoken by then.
    assert.match(await tcpCall(other, 18184, 'hello', 12), /^(welcome)?$/)
    assert.equal(echo.received.length, received, 'nothing that a refused caller sends reaches the application')
  })

  await t.test('without a sidecar STRICT is closed', async () => {
    assert.deepEqual(await plaintext(), { http: 0, http2: 'refused', grpc: 14, echo: '', greeter: '' })
  })

  await t.test('without a sidecar PERMISSIVE is open, and the mesh stays encrypted', async () => {
    mesh.put('policies.yaml', noAdmin)
    mesh.put('mode.yaml', mode('PERMISSIVE'))
    await until(async () => (await plaintext()).http === 200, 5_000)
    await until(async () => (await plaintext()).echo === 'HELLO', 5_000)
    assert.deepEqual(await plaintext(), { http: 200, http2: 200, grpc: 0, echo: 'HELLO', greeter: 'welcome' })
    const direct = await call({ host: server, port: 18080, headers: { host: hostOf('http') } })
    assert.equal(direct.headers['x-caller'], '', 'a plaintext caller has no identity')
    const forged = await call({ host: server, port: 18080, headers: { 'x-forwarded-client-cert': 'URI=spiffe://x' } })
    assert.deepEqual([forged.status, forged.headers['x-caller']], [200, ''], 'nor can it claim one')
    assert.equal((await call({ host: server, port: 18080, path: '/admin' })).status, 403)
    assert.equal((await call({ host: server, port: 18085, path: '/admin' })).status, 403)
    for (const name of ['http', 'sniffed']) {
      assert.match(String((await get(name)).headers['x-caller']), identity)
      assert.equal((await get(name, '/admin')).status, 403)
    }
    assert.match((await get2('http2')).body, identity)
    assert.match((await grpcCall(client, 18180, hostOf('grpc'), 'Say')).body, identity)
    const before = await serverSide()
    assert.equal(await tcpCall(client, 18183, 'hello', 5), 'HELLO')
    assert.equal(await tcpCall(client, 18184, '', 7), 'welcome')
    assert.equal(await tcpCall(client, 18185, 'hello', 5), 'HELLO')
    const after = await serverSide()
    for (const port of [18083, 18084, 18086]) assert.equal(after.handshakes(port), before.handshakes(port) + 1)
  })
})

/** Straight to the server's Envoy, as a caller outside of the mesh. */
async function plaintext() {
  return {
    http: (await call({ host: server, port: 18080 })).status,
    http2: await http2Call({ address: server, port: 18081, host: hostOf('http2'), path: '/' }).then(
      ({ status }) => status,
      () => 'refused',
    ),
    grpc: (await grpcCall(server, 18082, hostOf('grpc'), 'Say')).code,
    echo: await tcpCall(server, 18083, 'hello', 5),
    greeter: await tcpCall(server, 18084, '', 7),
  }
}

async function serverSide() {
  const stats = await envoyStats(server)
  const sum = (pattern: RegExp): number =>
    [...stats].filter(([name]) => pattern.test(name)).reduce((total, [, value]) => total + value, 0)
  return {
    handshakes: (port: number): number => sum(new RegExp(`^listener\\.${server}_${port}\\.ssl\\.handshake$`)),
    httpConnections: (port: number): number => sum(new RegExp(`^http\\..*${port}.*\\.downstream_cx_total$`)),
  }
}
