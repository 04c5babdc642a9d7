import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envoyLog } from '../support/envoy-log.ts'
import { call, envoyStats, startApplication, startMesh } from '../support/mesh.ts'
import { until } from '../support/processes.ts'
import { policy, sidecar } from '../support/services.ts'
import { startTcpServer, tcpCall } from '../support/tcp.ts'

const client = '127.0.12.1'
const server = '127.0.12.2'
/** What `localhost` resolves to; its ports are this file's own. */
const local = '127.0.0.1'

interface NamedService {
  readonly name: string
  readonly hosts: readonly string[]
  readonly resolution: string
  readonly endpoints?: string
  readonly port?: string
}

const http = 'number: 80, name: http, protocol: HTTP'

const service = ({ name, hosts, resolution, endpoints, port = http }: NamedService): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: test }
spec:
  hosts: [${hosts.map(host => JSON.stringify(host)).join()}]
  location: MESH_EXTERNAL
  resolution: ${resolution}
  ports: [{ ${port} }]
${endpoints === undefined ? '' : `  endpoints: [${endpoints}]\n`}`

const named = '{ address: localhost, ports: { http: 21201 } }'

const services: readonly NamedService[] = [
  { name: 'dns', hosts: ['dns.example'], resolution: 'DNS', endpoints: named },
  { name: 'round-robin', hosts: ['round-robin.example'], resolution: 'DNS_ROUND_ROBIN', endpoints: named },
  { name: 'itself', hosts: ['localhost'], resolution: 'DNS', port: 'number: 21201, name: http, protocol: HTTP' },
  {
    name: 'mixed',
    hosts: ['mixed.example'],
    resolution: 'DNS',
    endpoints: `${named}, { address: ${local}, ports: { http: 21202 } }`,
  },
  { name: 'nowhere', hosts: ['nowhere.example'], resolution: 'DNS', endpoints: '{ address: does-not-exist.invalid }' },
  { name: 'wildcard', hosts: ['*.wild.example'], resolution: 'DNS', endpoints: named },
  {
    name: 'inside-the-wildcard',
    hosts: ['special.wild.example'],
    resolution: 'STATIC',
    endpoints: `{ address: ${local}, ports: { http: 21202 } }`,
  },
  { name: 'unresolved', hosts: ['*.any.example'], resolution: 'NONE' },
  {
    name: 'tcp',
    hosts: ['tcp.example'],
    resolution: 'DNS',
    port: 'number: 21203, name: tcp, protocol: TCP',
    endpoints: '{ address: localhost }',
  },
]

const inMesh = `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: in-mesh, namespace: test }
spec:
  hosts: [in-mesh.example]
  location: MESH_INTERNAL
  resolution: DNS
  ports: [{ ${http} }]
  endpoints: [{ address: localhost, serviceAccount: server, ports: { http: 21280 }, labels: { app: server, security.istio.io/tlsMode: istio } }]
`

const configuration = [
  ...services.map(service),
  inMesh,
  policy('PeerAuthentication', 'default', '{ mtls: { mode: STRICT } }'),
  sidecar('server', {
    ingress: `[{ port: { number: 21280, name: http, protocol: HTTP }, bind: ${local}, defaultEndpoint: "127.0.0.1:21201" }]`,
  }),
  sidecar('client', {
    egress: `[{ port: { number: 21203, name: tcp, protocol: TCP }, bind: ${client}, hosts: ["./tcp.example"] }, { port: { number: 18080, name: http, protocol: HTTP }, bind: ${client}, hosts: ["./*"] }]`,
  }),
].join('')

test('services by DNS name and wildcard hosts are reached, and Envoy calls nothing deprecated', async t => {
  await startApplication(t, 'first', local, 21201)
  await startApplication(t, 'second', local, 21202)
  await startTcpServer(t, local, 21203)
  const mesh = await startMesh(t, { 'all.yaml': configuration }, [
    { name: 'client', ip: client },
    { name: 'server', ip: server },
  ])
  const get = async (host: string): Promise<string> => {
    const { status, body } = await call({ host: client, port: 18080, headers: { host } })
    return status === 200 ? body : String(status)
  }
  const answersOf = async (host: string): Promise<string> =>
    [...new Set(await Promise.all(Array.from({ length: 12 }, () => get(host))))].sort().join(' ')
  await until(async () => (await get('dns.example')) === 'first', 10_000)

  await t.test('by name', async () => {
    assert.equal(await get('round-robin.example'), 'first')
    assert.equal(await get('localhost:21201'), 'first')
    assert.equal(await answersOf('mixed.example'), 'first second')
    assert.equal(await tcpCall(client, 21203, 'hello', 5), 'HELLO')
    assert.equal(await get('nowhere.example'), '503')
  })

  await t.test('by wildcard, unless a host is named more closely', async () => {
    assert.equal(await answersOf('a.wild.example'), 'first')
    assert.equal(await get('a.b.wild.example:80'), 'first')
    assert.equal(await answersOf('special.wild.example'), 'second')
    assert.equal(await get('wild.example'), await get('unknown.example'), 'a wildcard does not name its own domain')
    // Nothing says where to: without redirection there is no address that the client meant.
    assert.equal(await get('a.any.example'), '503')
  })

  await t.test('a name inside the mesh is called by mutual TLS', async () => {
    const answer = await call({ host: client, port: 18080, headers: { host: 'in-mesh.example' } })
    assert.equal(answer.body, 'first')
    assert.match(String(answer.headers['x-caller']), /URI=spiffe:\/\/cluster\.local\/ns\/test\/sa\/client/)
  })

  await t.test('another endpoint is another answer', async () => {
    const moved = configuration.replace(
      service(services[0] ?? assert.fail()),
      service({ name: 'dns', hosts: ['dns.example'], resolution: 'DNS', endpoints: named.replace('21201', '21202') }),
    )
    assert.notEqual(moved, configuration)
    mesh.put('all.yaml', moved)
    await until(async () => (await get('dns.example')) === 'second', 5_000)
  })

  for (const [name, ip] of [['client', client] as const, ['server', server] as const]) {
    const stats = await envoyStats(ip)
    assert.equal(stats.get('runtime.deprecated_feature_use'), 0)
    assert.deepEqual(
      [...stats].filter(([stat, value]) => stat.endsWith('update_rejected') && value > 0),
      [],
    )
    const lines = envoyLog(mesh.agent(name)).map(({ message }) => message)
    assert.deepEqual(
      lines.filter(line => line !== 'original_dst_load_balancer: No downstream connection or no original_dst.'),
      [],
      `the Envoy of ${name} has nothing to say but of the call without an address`,
    )
  }
})
