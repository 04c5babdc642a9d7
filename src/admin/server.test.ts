import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { silentLog } from '../platform/log.ts'
import type { DaemonView } from './daemon-view.ts'
import { routes } from './routes.ts'
import { createHttpSide, type HttpSide } from './server.ts'
import type { AuditView, TransparencyView } from './transparency-view.ts'

const token = 't'.repeat(43)
const tokensAsked: unknown[] = []
const authority = {
  trustDomain: 'td',
  trustGeneration: 1,
  roots: [],
  agents: { attending: 0, withNewestTrust: 0 },
  warnings: [],
}
const daemon: DaemonView = {
  version: '1.2.3',
  readiness: () => ({ ready: false, waitingFor: ['configuration'] }),
  metrics: async () => 'metric 1\n',
  proxies: () => [],
  proxyResources: (node, type) => [{ name: `${node}/${type}`, version: '1', resource: {} }],
  async createToken(request) {
    tokensAsked.push(request)
    return { token: 'x', identity: 'spiffe://a/ns/b/sa/c', expiresAt: '2030-01-01T00:00:00Z' }
  },
  trustBundlePem: () => 'pem',
  transparency: fakeTransparency(),
  rotation: {
    status: () => authority,
    rotate: async () => authority,
    abort: async () => authority,
    force: async () => authority,
  },
  configStatus: () => [],
  graphDiagram: () => 'flowchart LR\n',
}

function fakeTransparency(): TransparencyView {
  const audit: AuditView = { state: 'none', faults: [] }
  return {
    latestCheckpoint: () => 'signed\n',
    checkpoint: () => 'signed now\n',
    verifierKey: () => 'key',
    entries: () => [],
    proveInclusion: () => ({ index: 0, treeSize: 1, entry: '', path: [], verifierKey: 'key' }),
    proveConsistency: fromSize => ({ fromSize, treeSize: 1, path: [], checkpoint: 'signed', verifierKey: 'key' }),
    startAudit() {},
    audit: () => audit,
    status: () => ({ origin: 'o', size: 1, lostByRestore: 0, alarms: [], audit }),
    confirmRestore: async () => {},
  }
}

let http: HttpSide
let management: HttpSide
let httpPort: number
let managementPort: number

before(async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'meshwright-admin-'))
  const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=test',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  )
  const material = { chainPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8'), token }
  const common = { host: '127.0.0.1', port: 0, names: ['mesh.example'], daemon, log: silentLog }
  http = createHttpSide({ ...common, side: 'http' })
  management = createHttpSide({ ...common, side: 'management', management: material })
  httpPort = (await http.start()).port
  managementPort = (await management.start()).port
})

after(async () => {
  await http.stop()
  await management.stop()
})

interface Answer {
  readonly status: number
  readonly body: string
}

function call(method: string, urlPath: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: '127.0.0.1',
        port: managementPort,
        path: urlPath,
        method,
        headers,
        rejectUnauthorized: false,
        agent: false,
      },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

test('every path says on which side it is and who may call it, and only probes and checkpoints are open to anyone', () => {
  const open = routes.filter(route => route.access === 'anyone').map(route => route.path)
  assert.deepEqual(open, ['/ready', '/healthz', '/metrics', '/version', '/v1/log/checkpoint'])
  for (const route of routes) assert.equal(route.side === 'http', route.access === 'anyone', route.path)
})

test('CVE-2026-31838, CVE-2020-1764, GO-2026-5102: every management path refuses a caller without the credential, with a wrong one, and from a web page', async () => {
  for (const route of routes.filter(candidate => candidate.side === 'management')) {
    const urlPath = route.path.replaceAll(/:\w+/g, 'x')
    assert.equal((await call(route.method, urlPath, {})).status, 401, urlPath)
    assert.equal(
      (await call(route.method, urlPath, { authorization: `Bearer ${'u'.repeat(43)}` })).status,
      401,
      urlPath,
    )
    const fromPage = { authorization: `Bearer ${token}`, origin: 'https://evil.example' }
    assert.equal((await call(route.method, urlPath, fromPage)).status, 403, urlPath)
  }
})

test('CVE-2020-1764, GO-2026-5102: a name that the daemon does not have is refused on both sides, its own and addresses are not', async () => {
  const plain = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = { host: '127.0.0.1', port: httpPort, path: '/healthz', headers: { host }, agent: false }
      get(request, response => resolve(response.resume().statusCode ?? 0)).on('error', reject)
    })
  const authorization = `Bearer ${token}`
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:15014', 'mesh.example@evil']) {
    assert.equal(await plain(host), 421, host)
    assert.equal((await call('GET', '/v1/proxies', { authorization, host })).status, 421, host)
    assert.equal((await call('POST', '/v1/tokens', { authorization, host }, '{}')).status, 421, host)
  }
  for (const host of ['127.0.0.1', '10.9.8.7:15014', '[::1]:15016', 'localhost', 'LOCALHOST.:1', 'Mesh.Example:15016']) {
    assert.equal(await plain(host), 200, host)
    assert.equal((await call('GET', '/v1/proxies', { authorization, host })).status, 200, host)
  }
})

test('TOB Linkerd 2022: a request line that is no path is the fault of its sender, and no fault of the daemon', async () => {
  for (const target of ['//', 'http://[', '*', '//evil.example/ready']) {
    const status = await new Promise<number>((resolve, reject) => {
      get({ host: '127.0.0.1', port: httpPort, path: target, agent: false }, response =>
        resolve(response.resume().statusCode ?? 0),
      ).on('error', reject)
    })
    assert.ok(status === 400 || status === 404 || (status === 503 && target === '//evil.example/ready'), target)
  }
})

test('CVE-2026-31838: the plaintext side has none of the management paths', async () => {
  for (const route of routes.filter(candidate => candidate.side === 'management')) {
    const answer = await fetch(`http://127.0.0.1:${httpPort}${route.path.replaceAll(/:\w+/g, 'x')}`, {
      method: route.method,
    })
    assert.equal(answer.status, 404, route.path)
  }
})

test('readiness names what is missing', async () => {
  const answer = await fetch(`http://127.0.0.1:${httpPort}/ready`)
  assert.deepEqual([answer.status, await answer.text()], [503, 'not ready: configuration\n'])
})

test('a token request is checked before it reaches the daemon', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const post = (body: string) => call('POST', '/v1/tokens', headers, body)
  assert.equal((await post('{')).status, 400)
  assert.equal((await post('null')).status, 400)
  assert.equal((await post('{"namespace":"a","serviceAccount":"b","ttlSeconds":-1}')).status, 400)
  assert.equal((await post('x'.repeat(70_000))).status, 400)
  assert.deepEqual(tokensAsked, [])
  assert.equal((await post('{"namespace":"a","serviceAccount":"b","ttlSeconds":60}')).status, 201)
  assert.deepEqual(tokensAsked, [{ namespace: 'a', serviceAccount: 'b', ttlSeconds: 60 }])
})

test('a percent-encoded node name arrives whole, a broken encoding nowhere', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const found = await call('GET', '/v1/proxies/sidecar~1.1.1.1~a%2Fb.c~d/resources/clusters', headers)
  assert.equal(JSON.parse(found.body)[0].name, 'sidecar~1.1.1.1~a/b.c~d/clusters')
  assert.equal((await call('GET', '/v1/proxies/%zz/resources/clusters', headers)).status, 404)
})

test('a port in use is one clear error', async () => {
  const address = { host: '127.0.0.1', port: httpPort, names: [] }
  const second = createHttpSide({ side: 'http', ...address, daemon, log: silentLog })
  await assert.rejects(second.start(), /127\.0\.0\.1:\d+ is in use/)
})
