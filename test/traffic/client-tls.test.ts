import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTestAuthority } from '../../src/grpc/testing/test-authority.ts'
import { call, envoyStats, startApplication, startMesh } from '../support/mesh.ts'
import { temporaryFolder, until } from '../support/processes.ts'
import { policy, serviceEntry, sidecar, workloadEntry } from '../support/services.ts'

const servers = { one: '127.0.11.1', two: '127.0.11.2', impostor: '127.0.11.3', foreign: '127.0.11.5' }
const client = '127.0.11.4'

const destinationRule = (host: string, spec: string): string => `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${host.replaceAll('.', '-')}, namespace: test }
spec: { host: ${host}, ${spec} }
`

const service = (name: string, app: string): string =>
  serviceEntry({ host: `${name}.test.internal`, app, port: 'name: http, protocol: HTTP', targetPort: 18080 })

const external = (name: string): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: test }
spec:
  hosts: [${name}.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 19443 }]
  endpoints: [{ address: ${servers.foreign} }]
`

const inbound = (bind: string): string =>
  `[{ port: { number: 18080, name: http, protocol: HTTP }, bind: ${bind}, defaultEndpoint: "0.0.0.0:19080" }]`

const configuration = (caFile: string, otherCaFile: string, lateCaFile: string): string =>
  [
    ...['automatic', 'plain', 'mutual', 'one-way', 'wrong-name'].map(name => service(name, 'one')),
    ...['split', 'v1-only'].map(name => service(name, 'split')),
    service('stolen', 'impostor'),
    ...['trusted', 'untrusted', 'misnamed', 'late', 'unencrypted'].map(external),
    workloadEntry('one', servers.one),
    workloadEntry('one-split', servers.one, { serviceAccount: 'one', app: 'split', labels: 'version: v1' }),
    workloadEntry('two-split', servers.two, { serviceAccount: 'two', app: 'split', labels: 'version: v2' }),
    // The service is said to run as `owner`; who answers at its address is somebody else of the same mesh.
    workloadEntry('impostor', servers.impostor, { serviceAccount: 'owner' }),
    ...(['one', 'two', 'impostor'] as const).map(name => sidecar(name, { ingress: inbound(servers[name]) })),
    sidecar('client', {
      egress: `[{ port: { number: 18080, name: http, protocol: HTTP }, bind: ${client}, hosts: ["./*"] }]`,
    }),
    policy('PeerAuthentication', 'default', '{ mtls: { mode: PERMISSIVE } }'),
    destinationRule('plain.test.internal', 'trafficPolicy: { tls: { mode: DISABLE } }'),
    destinationRule('mutual.test.internal', 'trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }'),
    destinationRule(
      'wrong-name.test.internal',
      'trafficPolicy: { tls: { mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/test/sa/two"] } }',
    ),
    destinationRule(
      'one-way.test.internal',
      `trafficPolicy: { tls: { mode: SIMPLE, caCertificates: ${caFile}, sni: one.example } }`,
    ),
    destinationRule(
      'split.test.internal',
      'subsets: [{ name: v1, labels: { version: v1 }, trafficPolicy: { tls: { mode: DISABLE } } }, { name: v2, labels: { version: v2 } }]',
    ),
    `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: split, namespace: test }
spec:
  hosts: [split.test.internal]
  http:
    - match: [{ headers: { version: { exact: v1 } } }]
      route: [{ destination: { host: split.test.internal, subset: v1 } }]
    - match: [{ headers: { version: { exact: v2 } } }]
      route: [{ destination: { host: split.test.internal, subset: v2 } }]
    - route: [{ destination: { host: split.test.internal } }]
`,
    destinationRule(
      'trusted.example',
      `trafficPolicy: { tls: { mode: SIMPLE, caCertificates: ${caFile}, sni: server.example, subjectAltNames: [server.example] } }`,
    ),
    destinationRule(
      'untrusted.example',
      `trafficPolicy: { tls: { mode: SIMPLE, caCertificates: ${otherCaFile}, sni: server.example } }`,
    ),
    destinationRule(
      'late.example',
      `trafficPolicy: { tls: { mode: SIMPLE, caCertificates: ${lateCaFile}, sni: server.example } }`,
    ),
    destinationRule(
      'misnamed.example',
      `trafficPolicy: { tls: { mode: SIMPLE, caCertificates: ${caFile}, sni: server.example, subjectAltNames: [other.example] } }`,
    ),
  ].join('')

const identity = 'URI=spiffe://cluster.local/ns/test/sa/client'

test('a DestinationRule decides how a call is secured, and a server that is not who it should be gets nothing', async t => {
  const folder = temporaryFolder(t)
  const authority = await createTestAuthority('Example')
  const files = {
    ca: path.join(folder, 'ca.pem'),
    other: path.join(folder, 'other.pem'),
    late: path.join(folder, 'late.pem'),
  }
  writeFileSync(files.ca, authority.rootPem)
  const other = await createTestAuthority('Other')
  writeFileSync(files.other, other.rootPem)
  const foreign = await startTlsServer(t, await authority.leaf({ dns: ['server.example'] }))
  for (const name of ['one', 'two', 'impostor'] as const) await startApplication(t, name, servers[name], 19080)
  await startMesh(t, { 'all.yaml': configuration(files.ca, files.other, files.late) }, [
    { name: 'one', ip: servers.one },
    { name: 'two', ip: servers.two },
    { name: 'impostor', ip: servers.impostor },
    { name: 'client', ip: client },
  ])
  const get = async (host: string, headers: Readonly<Record<string, string>> = {}) => {
    const { status, body, headers: answered } = await call({ host: client, port: 18080, headers: { host, ...headers } })
    const caller = String(answered['x-caller'] ?? '')
    return `${status} ${status === 200 ? `${body} ${caller.includes(identity) ? 'mutual' : caller || 'nobody'}` : ''}`.trim()
  }
  await until(async () => (await get('automatic.test.internal')) === '200 one mutual', 10_000)

  await t.test('DISABLE is plaintext, ISTIO_MUTUAL and no rule are mutual TLS', async () => {
    assert.equal(await get('plain.test.internal'), '200 one nobody')
    assert.equal(await get('mutual.test.internal'), '200 one mutual')
  })

  await t.test('a subset has its own endpoints and its own TLS', async () => {
    for (let i = 0; i < 4; i++) {
      assert.equal(await get('split.test.internal', { version: 'v1' }), '200 one nobody')
      assert.equal(await get('split.test.internal', { version: 'v2' }), '200 two mutual')
    }
  })

  await t.test('SIMPLE believes the authority and the name that are given, and no other', async () => {
    assert.equal(await get('trusted.example'), '200 foreign server.example')
    assert.equal(await get('untrusted.example'), '503')
    assert.equal(await get('misnamed.example'), '503')
    assert.notEqual((await get('unencrypted.example')).slice(0, 3), '200', 'an external service is called as it is')
    assert.equal(await get('one-way.test.internal'), '503', 'nor is a server of the mesh believed')
  })

  await t.test(
    'an authority whose file is missing is nobody until the file is there, and then the one that it holds',
    async () => {
      assert.equal(await get('late.example'), '503')
      writeFileSync(files.late, authority.rootPem)
      await until(async () => (await get('late.example')) === '200 foreign server.example', 10_000)
      writeFileSync(files.late, other.rootPem)
      // What is open stays open: only a handshake looks at the file.
      await until(async () => {
        foreign.closeAllConnections()
        return (await get('late.example')) === '503'
      }, 10_000)
      assert.equal(await get('trusted.example'), '200 foreign server.example')
    },
  )

  // CVE-2021-32574: a client that does not check the name of the server that it reaches.
  await t.test('a server of the mesh with another identity than the service has is refused', async () => {
    assert.equal(await get('stolen.test.internal'), '503')
    assert.equal(await get('wrong-name.test.internal'), '503')
    const stats = await envoyStats(client)
    const refusals = (host: string): number => stats.get(`cluster.outbound|80||${host}.ssl.fail_verify_san`) ?? 0
    for (const host of ['stolen.test.internal', 'wrong-name.test.internal', 'misnamed.example'])
      assert.ok(refusals(host) > 0, `${host}: ${[...stats.keys()].filter(name => name.includes('verify_san')).join()}`)
    assert.equal(refusals('mutual.test.internal'), 0)
    assert.equal(stats.get('cluster.outbound|80||plain.test.internal.ssl.handshake') ?? 0, 0)
  })
})

/** Outside of the mesh; says by which name it was asked for. */
async function startTlsServer(
  t: TestContext,
  { certPem, keyPem }: { certPem: string; keyPem: string },
): Promise<https.Server> {
  const server = https.createServer({ cert: certPem, key: keyPem }, (request, response) => {
    response.setHeader('x-caller', String((request.socket as { servername?: string }).servername))
    response.end('foreign')
  })
  await new Promise<void>(resolve => server.listen(19443, servers.foreign, resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return server
}
