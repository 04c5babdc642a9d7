import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { createAuthenticator } from './access/caller.ts'
import { createGrants } from './access/grants.ts'
import { createAuditTrail } from './audit/audit-trail.ts'
import type { DaemonView } from './daemon-view.ts'
import type { IssueRequest } from './distribution-view.ts'
import type { RevocationView } from './revocation-view.ts'
import { viewRoutes as routes } from './routes.ts'
import { createHttpSide, type HttpSide } from './server.ts'
import type { AuditView, TransparencyView } from './transparency-view.ts'

const token = 't'.repeat(43)
const tokensAsked: unknown[] = []
const issuesAsked: IssueRequest[] = []
const revocationsAsked: unknown[] = []
const crlPem = '-----BEGIN X509 CRL-----\nAQID\n-----END X509 CRL-----\n'
const authority = {
  trustDomain: 'td',
  trustGeneration: 1,
  roots: [],
  agents: { attending: 0, withNewestTrust: 0 },
  warnings: [],
}
const daemon: DaemonView = {
  status: {
    objectStatus: () => ({
      verdict: 'accepted',
      reasons: [],
      warnings: [],
      notInForce: [],
      conflicts: [],
      proxies: [],
      quarantined: [],
    }),
    wait: async ({ condition }) => ({ condition, met: true, waitedMs: 0, proxies: [] }),
    stale: () => [],
    explain: async () => ({ resources: [], untried: 0 }),
  },
  version: '1.2.3',
  readiness: () => ({ ready: false, waitingFor: ['configuration'] }),
  metrics: async () => 'metric 1\n',
  proxies: () => [],
  proxyResources: (node, type) => [{ name: `${node}/${type}`, version: '1', resource: {} }],
  async createToken(request) {
    tokensAsked.push(request)
    return { id: 'i', token: 'x', identity: 'spiffe://a/ns/b/sa/c', expiresAt: '2030-01-01T00:00:00Z' }
  },
  tokens: () => [],
  revokeToken: async () => undefined,
  distribution: {
    bundle: format => ({ body: `${format} bundle`, contentType: 'text/x', etag: '"1"', maxAgeSeconds: 60 }),
    federation: () => [],
    async issue(request) {
      issuesAsked.push(request)
      return { identity: 'spiffe://a/ns/b/sa/c', serialNumber: '1', notAfter: '', certificateChain: '', roots: '' }
    },
  },
  transparency: fakeTransparency(),
  intermediate: {
    request: async () => 'csr',
    install: async () => ({ subject: '', notAfter: '', root: '', use: 'signs' }),
  },
  doctor: { examine: async () => [] },
  rotation: {
    status: () => authority,
    rotate: async () => authority,
    abort: async () => authority,
    force: async () => authority,
  },
  revocation: fakeRevocation(),
  configStatus: () => [],
  graphDiagram: () => 'flowchart LR\n',
}

function fakeRevocation(): RevocationView {
  const report = { id: 1, certificates: [], connectionsCut: 0, proxies: 0, enforced: 0, tookMs: 1, paths: [] }
  return {
    async revoke(request) {
      revocationsAsked.push(request)
      return { ...report, unreachable: [], kept: { agents: 0, of: 0 }, isEnforced: true }
    },
    unrevoke: async () => ({ lifted: 1, released: [], staying: 0, proxies: 0, current: 0, tookMs: 1 }),
    list: () => ({ enforcement: 'nothing is revoked', revocations: [] }),
    crls: () => [
      { issuerFingerprint: 'a'.repeat(64), pem: crlPem, nextUpdate: '2030-01-01T00:00:00.000Z' },
      { issuerFingerprint: 'b'.repeat(64), pem: crlPem, nextUpdate: '2030-01-01T00:00:00.000Z' },
    ],
    ocsp: request => Buffer.concat([Buffer.from('about '), request]),
  }
}

/** By whom. */
const ordered: string[] = []

function fakeTransparency(): TransparencyView {
  const audit: AuditView = { state: 'none', faults: [] }
  return {
    latestCheckpoint: () => 'signed\n',
    checkpoint: () => 'signed now\n',
    verifierKey: () => 'key',
    entries: () => [],
    proveInclusion: () => ({ index: 0, treeSize: 1, entry: '', leafHash: '', path: [], verifierKey: 'key' }),
    proveConsistency: fromSize => ({ fromSize, treeSize: 1, path: [], checkpoint: 'signed', verifierKey: 'key' }),
    startAudit() {},
    audit: () => audit,
    status: () => ({ origin: 'o', size: 1, forgotten: 0, lostByRestore: 0, alarms: [], audit }),
    async confirmRestore(by) {
      ordered.push(by)
    },
    async prune(_beforeMs, by) {
      ordered.push(by)
      return { untilIndex: 0, forgotten: 0 }
    },
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
  const grants = createGrants({ directory, now: Date.now })
  grants.adoptToken(token, { name: 'test', role: { kind: 'admin' }, ttlMs: 3_600_000, by: 'test' })
  const material = {
    tls: { chainPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8'), trustPem: '' },
    authenticate: createAuthenticator({ grants, now: Date.now, refuseCertificate: () => undefined }),
    trail: createAuditTrail({ directory, log: silentLog }),
  }
  const common = {
    host: '127.0.0.1',
    port: 0,
    names: ['mesh.example'],
    daemon,
    routes,
    clock: systemClock,
    log: silentLog,
  }
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
  for (const host of [
    '127.0.0.1',
    '10.9.8.7:15014',
    '[::1]:15016',
    'localhost',
    'LOCALHOST.:1',
    'Mesh.Example:15016',
  ]) {
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
  assert.equal((await post('x'.repeat(70_000))).status, 413)
  assert.deepEqual(tokensAsked, [])
  assert.equal((await post('{"namespace":"a","serviceAccount":"b","ttlSeconds":60}')).status, 201)
  assert.deepEqual(tokensAsked, [{ namespace: 'a', serviceAccount: 'b', ttlSeconds: 60 }])
})

test('a bundle may be kept for a while and is sent again only when it is another', async () => {
  const get = (urlPath: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${httpPort}${urlPath}`, { headers })
  const first = await get('/v1/bundle/spiffe')
  assert.deepEqual([first.status, await first.text()], [200, 'spiffe bundle'])
  assert.equal(first.headers.get('cache-control'), 'public, max-age=60')
  assert.equal(first.headers.get('etag'), '"1"')
  const again = await get('/v1/bundle.pem', { 'if-none-match': '"0", W/"1"' })
  assert.deepEqual([again.status, await again.text()], [304, ''])
  assert.equal((await get('/v1/bundle.pem', { 'if-none-match': '"2"' })).status, 200)
  const asked = await call('GET', '/v1/trust-bundle?format=spiffe', { authorization: `Bearer ${token}` })
  assert.equal(asked.body, 'spiffe bundle')
  assert.equal((await call('GET', '/v1/trust-bundle?format=x', { authorization: `Bearer ${token}` })).status, 400)
})

test('a request for a certificate is checked before it reaches the daemon, which is told where it came from', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const post = (body: object) => call('POST', '/v1/ca/certificates', headers, JSON.stringify(body))
  const good = { namespace: 'a', serviceAccount: 'b', csr: 'pem', ttlSeconds: 60 }
  for (const bad of [{ namespace: '' }, { serviceAccount: 7 }, { csr: undefined }, { ttlSeconds: -1 }]) {
    assert.equal((await post({ ...good, ...bad })).status, 400, JSON.stringify(bad))
  }
  assert.deepEqual(issuesAsked, [])
  assert.equal((await post(good)).status, 201)
  const { peerAddress, ...asked } = issuesAsked[0] ?? { peerAddress: '' }
  assert.deepEqual(asked, good)
  assert.match(peerAddress, /^127\.0\.0\.1:\d+$/)
})

test('a percent-encoded node name arrives whole, a broken encoding nowhere', async () => {
  const headers = { authorization: `Bearer ${token}` }
  const found = await call('GET', '/v1/proxies/sidecar~1.1.1.1~a%2Fb.c~d/resources/clusters', headers)
  assert.equal(JSON.parse(found.body)[0].name, 'sidecar~1.1.1.1~a/b.c~d/clusters')
  assert.equal((await call('GET', '/v1/proxies/%zz/resources/clusters', headers)).status, 404)
})

test('a port in use is one clear error', async () => {
  const address = { host: '127.0.0.1', port: httpPort, names: [] }
  const second = createHttpSide({ side: 'http', ...address, daemon, routes, clock: systemClock, log: silentLog })
  await assert.rejects(second.start(), /127\.0\.0\.1:\d+ is in use/)
})

test('orders to the log say whose credential gave them', async () => {
  const authorization = `Bearer ${token}`
  assert.equal((await call('POST', '/v1/log/prune', { authorization }, '{"beforeMs":1}')).status, 200)
  assert.equal((await call('POST', '/v1/restore/confirm', { authorization }, '{}')).status, 200)
  assert.equal(ordered.length, 2)
  for (const by of ordered) assert.match(by, /test/)
})

test('an order to revoke is read strictly', async () => {
  const post = (body: unknown): ReturnType<typeof call> =>
    call('POST', '/v1/revocations', { authorization: `Bearer ${token}` }, JSON.stringify(body))
  const order = { kind: 'serial', value: '40AB' }
  for (const wrong of [
    {},
    { ...order, kind: 'name' },
    { ...order, value: '' },
    { ...order, reason: 1 },
    { ...order, timeoutMs: 600_001 },
    { ...order, deadlineMs: '1s' },
    { ...order, untilMs: -1 },
  ]) {
    assert.equal((await post(wrong)).status, 400, JSON.stringify(wrong))
  }
  assert.equal((await post({ ...order, deadlineMs: 1000 })).status, 201)
  assert.deepEqual(revocationsAsked, [
    { ...order, timeoutMs: 10_000, reason: 'unspecified', untilMs: undefined, deadlineMs: 1000 },
  ])
})

test('lists of revoked certificates are there in both forms, and OCSP by either method', async () => {
  const address = `http://127.0.0.1:${httpPort}`
  assert.equal(await (await fetch(`${address}/crl`)).text(), crlPem + crlPem)
  assert.equal(await (await fetch(`${address}/crl/${'a'.repeat(64)}.pem`)).text(), crlPem)
  const der = await fetch(`${address}/crl/${'b'.repeat(64)}.crl`)
  assert.deepEqual(Buffer.from(await der.arrayBuffer()), Buffer.from([1, 2, 3]))
  assert.equal(der.headers.get('content-type'), 'application/pkix-crl')
  assert.equal(der.headers.get('expires'), 'Tue, 01 Jan 2030 00:00:00 GMT')
  assert.equal((await fetch(`${address}/crl/${'c'.repeat(64)}.crl`)).status, 404)
  const question = Buffer.from([0xfb, 0xff, 0xfe])
  const posted = await fetch(`${address}/ocsp`, { method: 'POST', body: question })
  const got = await fetch(`${address}/ocsp/${encodeURIComponent(question.toString('base64'))}`)
  for (const answer of [posted, got]) {
    assert.equal(answer.headers.get('content-type'), 'application/ocsp-response')
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.concat([Buffer.from('about '), question]))
  }
})
