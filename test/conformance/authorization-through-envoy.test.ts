/** What policies mean, proved by an Envoy that decides on real requests and connections. */

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import tls from 'node:tls'
import { defaultMeshConfig } from '../../src/config/mesh-config.ts'
import { parseConfigText } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { ProxyIdentity } from '../../src/discovery/proxy.ts'
import { createTestAuthority, type TestAuthority } from '../../src/grpc/testing/test-authority.ts'
import { extensionConfigsKind } from '../../src/translate/extension-configs/kind.ts'
import type { Json } from '../../src/translate/message-json.ts'
import { translateOffline } from '../../src/translate/offline.ts'
import { until } from '../support/processes.ts'
import { freePorts, httpListener, runEnvoy, tcpListener } from './static-envoy.ts'

interface Request {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly headers?: readonly string[]
}

interface HttpCase {
  readonly about: string
  readonly policies: readonly string[]
  readonly passes: readonly Request[]
  readonly fails: readonly Request[]
}

interface TcpCase {
  readonly about: string
  readonly policies: readonly string[]
  /** Identities; '' for none. */
  readonly passes: readonly string[]
  readonly fails: readonly string[]
}

const long = (length: number): string => 'n'.repeat(length)
const longHost = `${long(60)}.${long(60)}.${long(60)}.example`

const httpCases: readonly HttpCase[] = [
  { about: 'without policies everything passes', policies: [], passes: [{ path: '/any' }], fails: [] },
  { about: 'a permission without rules refuses everything', policies: ['{}'], passes: [], fails: [{}] },
  { about: 'an empty rule permits everything', policies: ['{rules: [{}]}'], passes: [{}], fails: [] },
  {
    about: 'GO-2022-0895: a denial wins over a permission',
    policies: ['{rules: [{}]}', '{action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}'],
    passes: [{ method: 'GET' }],
    fails: [{ method: 'DELETE' }],
  },
  {
    about: 'CVE-2021-31920: a denied path is denied however it is written',
    policies: ['{action: DENY, rules: [{to: [{operation: {paths: [/secret, "/admin/*"]}}]}]}'],
    passes: [{ path: '/secretary' }, { path: '/public' }, { path: '/admin' }, { path: '/' }],
    fails: [
      { path: '/secret' },
      { path: '//secret' },
      { path: '/public/../secret' },
      { path: '/./secret' },
      { path: '/secret?x=1' },
      { path: '/%73ecret' },
      { path: '/%2Fsecret' },
      { path: '/admin/x' },
      { path: '/admin//x' },
      { path: '//admin%2fx' },
    ],
  },
  {
    about: 'an exception from a denial holds only for the path as it is written',
    policies: ['{action: DENY, rules: [{to: [{operation: {notPaths: [/public]}}]}]}'],
    passes: [{ path: '/public' }],
    fails: [{ path: '//public' }, { path: '/public/' }],
  },
  {
    about: 'CVE-2021-39155: a host is the same with a port, with capitals and with a dot at its end',
    policies: ['{action: DENY, rules: [{to: [{operation: {hosts: [api.example.com, "*.evil.org"]}}]}]}'],
    passes: [{ host: 'xapi.example.com' }, { host: 'apiXexample.com' }, { host: 'evil.org' }],
    fails: [
      { host: 'api.example.com' },
      { host: 'API.Example.COM' },
      { host: 'api.example.com:8080' },
      { host: 'api.example.com.' },
      { host: 'api.example.com.:8080' },
      { host: 'a.evil.org' },
      { host: 'a.EVIL.org:80' },
      { host: 'a.evil.org.' },
    ],
  },
  {
    about: 'CVE-2026-26308: a denied header value is found among several',
    policies: ['{action: DENY, rules: [{when: [{key: "request.headers[x-role]", values: [root, "adm*", "*ist"]}]}]}'],
    passes: [{}, { headers: ['x-role: user'] }, { headers: ['x-role: rooted'] }, { headers: ['x-other: root'] }],
    fails: [
      { headers: ['x-role: root'] },
      { headers: ['x-role: user', 'x-role: root'] },
      { headers: ['x-role: root', 'x-role: user'] },
      { headers: ['x-role: user,root'] },
      { headers: ['x-role: root, user'] },
      { headers: ['x-role: a, root, b'] },
      { headers: ['x-role: user, admin'] },
      { headers: ['x-role: a florist, b'] },
      { headers: ['X-Role: root'] },
    ],
  },
  {
    about: 'a permitted header value must be there',
    policies: ['{rules: [{when: [{key: "request.headers[x-role]", values: [admin], notValues: [guest]}]}]}'],
    passes: [{ headers: ['x-role: admin'] }],
    fails: [{}, { headers: ['x-role: user'] }, { headers: ['x-role: admin', 'x-role: guest'] }],
  },
  {
    about: 'path templates match by segment',
    policies: ['{rules: [{to: [{operation: {paths: ["/users/{*}/photos", "/files/{**}"]}}]}]}'],
    passes: [{ path: '/users/7/photos' }, { path: '/files/a/b' }, { path: '/users/7/photos?size=1' }],
    fails: [{ path: '/users/7/8/photos' }, { path: '/users/7' }, { path: '/other' }],
  },
  {
    about: 'prefixes, suffixes and exact values, and what they must not be',
    policies: ['{rules: [{to: [{operation: {methods: [GET, "P*"], paths: ["/a*", "*.css"], notPaths: [/ab]}}]}]}'],
    passes: [{ path: '/a' }, { path: '/x.css' }, { path: '/abc', method: 'PUT' }],
    fails: [{ path: '/ab' }, { path: '/b' }, { path: '/a', method: 'DELETE' }, { path: '/xXcss' }],
  },
  {
    about: 'names as long as names may be are still told apart',
    policies: [
      `{rules: [{to: [{operation: {hosts: [${longHost}], paths: ["/${long(200)}"]}}]}, {from: [{source: {namespaces: ["*${long(50)}"]}}]}]}`,
      `{action: DENY, rules: [{to: [{operation: {paths: ["/${long(100)}/x"]}}]}]}`,
    ],
    passes: [{ host: longHost, path: `/${long(200)}` }],
    fails: [
      { host: `n${longHost}`, path: `/${long(200)}` },
      { host: longHost, path: `/${long(199)}` },
    ],
  },
  {
    about: 'a token that nobody has validated permits nothing, and its absence is denied',
    policies: [
      '{action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}], to: [{operation: {paths: [/token]}}]}]}',
    ],
    passes: [{ path: '/' }],
    fails: [{ path: '/token', headers: ['authorization: Bearer e30.e30.'] }],
  },
  {
    about: 'GHSA-qm8v-g4f9-qhjx: a policy that asks elsewhere refuses everything',
    policies: ['{action: CUSTOM, provider: {name: x}, rules: [{}]}'],
    passes: [],
    fails: [{}],
  },
  {
    about: 'a principal permits nobody without mutual TLS',
    policies: ['{rules: [{from: [{source: {principals: ["*"]}}]}]}'],
    passes: [],
    fails: [{}],
  },
]

const web = 'spiffe://cluster.local/ns/shop/sa/web'
const job = 'spiffe://cluster.local/ns/shop-prod/sa/job.x'
const foreign = 'spiffe://foreign.example/ns/shop/sa/web'

const tcpCases: readonly TcpCase[] = [
  { about: 'without policies everybody connects', policies: [], passes: [web, job], fails: [] },
  {
    about: 'principals are exact, with a trust domain of the mesh',
    policies: ['{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}'],
    passes: [web],
    fails: [job, foreign, 'spiffe://cluster.local/ns/shop/sa/web2', 'spiffe://cluster.local/ns/shop/sa'],
  },
  {
    about: 'CVE-2020-16844: a denied suffix holds for TCP',
    policies: ['{action: DENY, rules: [{from: [{source: {principals: ["*/sa/job.x"]}}]}]}'],
    passes: [web, 'spiffe://cluster.local/ns/shop-prod/sa/jobyx'],
    fails: [job],
  },
  {
    about: 'namespaces are whole, or end or begin as given',
    policies: ['{rules: [{from: [{source: {namespaces: [shop, "*-prod", "team-*"]}}]}]}'],
    passes: [web, job, foreign, 'spiffe://cluster.local/ns/team-a/sa/x'],
    fails: [
      'spiffe://cluster.local/ns/shop2/sa/x',
      'spiffe://cluster.local/ns/x/sa/shop',
      'spiffe://cluster.local/ns/xteam-/sa/x',
    ],
  },
  {
    about: 'CVE-2026-39350: the parts of an identity are its parts, whatever a namespace is called',
    policies: ['{rules: [{from: [{source: {namespaces: [sa, "sa*", "*sa"]}}]}]}'],
    passes: [
      'spiffe://cluster.local/ns/sa/sa/x',
      'spiffe://cluster.local/ns/sab/sa/x',
      'spiffe://cluster.local/ns/bsa/sa/x',
    ],
    fails: [
      'spiffe://cluster.local/ns/ns/sa/x',
      'spiffe://cluster.local/ns/ns/sa/sa',
      'spiffe://cluster.local/ns/ns/sa/ns',
    ],
  },
  {
    about: 'CVE-2026-39350: a dot in a service account is a dot',
    policies: ['{rules: [{from: [{source: {serviceAccounts: [shop-prod/job.x]}}]}]}'],
    passes: [job],
    fails: ['spiffe://cluster.local/ns/shop-prod/sa/jobyx', web],
  },
  {
    about: 'trust domains',
    policies: ['{rules: [{from: [{source: {trustDomains: ["foreign.*"]}}]}]}'],
    passes: [foreign],
    fails: [web],
  },
  {
    about: 'questions about HTTP widen a denial and void a permission',
    policies: [
      '{action: DENY, rules: [{to: [{operation: {methods: [GET]}}], from: [{source: {namespaces: [shop]}}]}]}',
    ],
    passes: [job],
    fails: [web],
  },
  {
    about: 'a permission that asks about HTTP permits nothing',
    policies: ['{rules: [{to: [{operation: {methods: [GET]}}]}]}'],
    passes: [],
    fails: [web, job],
  },
]

let directory = ''
let envoy: ChildProcess | undefined
let ports: readonly number[] = []
let authority: TestAuthority

before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'meshwright-envoy-'))
  authority = await createTestAuthority('policies')
  const { certPem, keyPem } = await authority.leaf({ dns: ['server'] })
  const files = { root: authority.rootPem, cert: certPem, key: keyPem }
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text)
  ports = await freePorts(httpCases.length + tcpCases.length)
  const port = (index: number): number => ports[index] ?? 0
  envoy = await runEnvoy(directory, [
    ...httpCases.map(({ policies }, i) => httpListener(port(i), answering, filtersOf(policies, 'http'))),
    ...tcpCases.map(({ policies }, i) =>
      tcpListener(port(httpCases.length + i), filtersOf(policies, 'tcp'), { transportSocket: serverTls(directory) }),
    ),
  ])
  await until(async () => (await status(port(0), {})) === 200, 10_000)
})

after(async () => {
  if (envoy !== undefined) {
    envoy.kill('SIGKILL')
    await once(envoy, 'exit')
  }
  rmSync(directory, { recursive: true, force: true })
})

describe('policies on HTTP', () => {
  for (const [index, { about, passes, fails }] of httpCases.entries()) {
    test(about, async () => {
      const port = ports[index] ?? 0
      for (const request of passes) assert.equal(await status(port, request), 200, JSON.stringify(request))
      for (const request of fails) assert.equal(await status(port, request), 403, JSON.stringify(request))
    })
  }
})

describe('policies on TCP', () => {
  for (const [index, { about, passes, fails }] of tcpCases.entries()) {
    test(about, async () => {
      const port = ports[httpCases.length + index] ?? 0
      for (const identity of passes) assert.equal(await answer(port, identity), 'ok', identity)
      for (const identity of fails) assert.equal(await answer(port, identity), '', identity)
    })
  }
})

/** The filters of a workload whose namespace holds `specs`, in their order. */
function filtersOf(specs: readonly string[], layer: 'http' | 'tcp'): readonly unknown[] {
  const text = specs
    .map(
      (spec, i) =>
        `---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p${i}, namespace: shop}\nspec: ${spec}\n`,
    )
    .join('')
  const { objects, problems } = parseConfigText(text, 'policies.yaml')
  assert.deepEqual(problems.filter(problem => problem.severity === 'error').map(formatProblem), [])
  const kinds = [extensionConfigsKind]
  const byType = translateOffline({ objects, mesh: defaultMeshConfig, proxy: workload, kinds })
  const resources = Object.values(byType)
    .flat()
    .map(({ resource }) => resource as { readonly name: string; readonly typedConfig: Json })
  return ['audit', 'deny', 'allow'].map(stage => {
    const found = resources.find(({ name }) => name === `authorization-${layer}-${stage}`)
    assert.ok(found !== undefined)
    return { name: found.name, typedConfig: found.typedConfig }
  })
}

const workload: ProxyIdentity = {
  id: 'sidecar~10.0.0.1~store.shop~shop.svc.cluster.local',
  type: 'sidecar',
  name: 'store',
  namespace: 'shop',
  serviceAccount: 'store',
  trustDomain: 'cluster.local',
  ipAddresses: ['10.0.0.1'],
  labels: {},
  interceptionMode: 'NONE',
  clusterId: '',
  network: '',
  dnsDomain: 'shop.svc.cluster.local',
  variant: 'delta',
}

const answering = {
  name: 'ok',
  virtualHosts: [
    { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, directResponse: { status: 200 } }] },
  ],
}

const serverTls = (folder: string): unknown => ({
  name: 'envoy.transport_sockets.tls',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
    requireClientCertificate: true,
    commonTlsContext: {
      tlsCertificates: [
        {
          certificateChain: { filename: path.join(folder, 'cert') },
          privateKey: { filename: path.join(folder, 'key') },
        },
      ],
      validationContext: { trustedCa: { filename: path.join(folder, 'root') } },
    },
  },
})

/** Written by hand: no client library sends some of these. */
async function status(
  port: number,
  { method = 'GET', path = '/', host = 'x', headers = [] }: Request,
): Promise<number> {
  const socket = net.connect(port, '127.0.0.1')
  socket.setTimeout(5000, () => socket.destroy())
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${host}`, 'connection: close', ...headers, '', '']
  // Envoy takes the end of a request's side for the end of the request.
  socket.write(lines.join('\r\n'))
  socket.once('data', () => socket.end())
  const text = await received(socket)
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
}

async function answer(port: number, identity: string): Promise<string> {
  const { certPem, keyPem } = await authority.leaf({ uris: [identity] })
  const credentials = { cert: certPem, key: keyPem, ca: authority.rootPem }
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'server', ...credentials })
  socket.setTimeout(5000, () => socket.destroy())
  socket.write('ok')
  socket.once('data', () => socket.end())
  return received(socket)
}

/** Whatever came before the end, however it ended. */
function received(socket: net.Socket): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    socket.on('close', () => resolve(text))
  })
}
