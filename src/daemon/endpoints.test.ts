import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Grant, grantIdOf } from '../admin/access/grant.ts'
import { createGrants } from '../admin/access/grants.ts'
import { createAuditTrail } from '../admin/audit/audit-trail.ts'
import type { ConfigurationParts } from '../admin/routes/configuration.ts'
import type { Access, Route } from '../admin/routes/route.ts'
import type { ApiParts } from '../api/api-parts.ts'
import { silentLog } from '../platform/log.ts'
import { endpoints } from './endpoints.ts'
import { type Credential, type ManagementCaller, managementCaller } from './testing/management-caller.ts'
import { type RunningDaemon, runDaemon } from './testing/running-daemon.ts'

let daemon: RunningDaemon
let caller: ManagementCaller
let credentials: Readonly<Record<string, Credential>>
const nowhere = '/nonexistent'
const table = endpoints({
  access: {
    grants: createGrants({ directory: nowhere, now: Date.now }),
    trail: createAuditTrail({ directory: nowhere, log: silentLog }),
    now: Date.now,
  },
  // Sound: the table is looked at, its handlers are those of the daemon that runs.
  configuration: {} as ConfigurationParts,
  api: {} as ApiParts,
})
const management = table.filter(({ side }) => side === 'management')

before(async () => {
  daemon = await runDaemon()
  caller = managementCaller(daemon.data)
  const token = async (role: string, namespaces?: readonly string[]): Promise<Credential> => {
    const body = { name: 'x', role, namespaces, ttlSeconds: 3600 }
    const answer = await caller.call('POST', '/v1/access/tokens', { body })
    assert.equal(answer.status, 201, answer.body)
    return { token: (answer.json() as { token: string }).token }
  }
  const identity = async (name: string, role?: string, namespaces?: readonly string[]): Promise<Credential> => {
    if (role !== undefined) {
      const uri = `spiffe://cluster.local/ns/ops/sa/${name}`
      const body = { name, identity: uri, role, namespaces, ttlSeconds: 3600 }
      assert.equal((await caller.call('POST', '/v1/access/identities', { body })).status, 201)
    }
    return { certificate: await caller.certificateFor('ops', name) }
  }
  const [expired, revoked] = [await token('admin'), await token('admin')]
  alterGrant(expired, grant => ({ ...grant, expiresAtMs: Date.now() - 1 }))
  await caller.call('DELETE', `/v1/access/grants/${grantIdOf(revoked.token ?? '')}`)
  const revokedCertificate = await identity('revoked', 'admin')
  await caller.call('POST', '/v1/revocations', {
    body: { kind: 'identity', value: 'spiffe://cluster.local/ns/ops/sa/revoked', timeoutMs: 1 },
  })
  credentials = {
    none: {},
    unknown: { token: 'u'.repeat(43) },
    expired,
    revoked,
    'certificate of a workload without a role': await identity('nobody'),
    'revoked certificate': revokedCertificate,
    viewer: await token('viewer'),
    'viewer by certificate': await identity('viewer', 'viewer'),
    'editor of another namespace': await token('editor', ['other']),
    editor: await token('editor', ['shop']),
    'editor by certificate': await identity('editor', 'editor', ['shop', 'blog']),
    admin: await token('admin'),
    'admin by certificate': await identity('admin', 'admin'),
  }
})

after(() => daemon.stop())

function alterGrant({ token }: Credential, alter: (grant: Grant) => Grant): void {
  const file = path.join(daemon.data, 'access', `${grantIdOf(token ?? '')}.json`)
  writeFileSync(file, JSON.stringify(alter(JSON.parse(readFileSync(file, 'utf8')) as Grant)))
}

type Verdict = 401 | 403 | 'let in'

/** What the table of endpoints promises; written apart from the code that decides. */
function expected(access: Access, kind: string, path: string): Verdict {
  const editsThere = path.includes('/:namespace')
  const role = kind.replace(' by certificate', '')
  if (!['viewer', 'editor', 'editor of another namespace', 'admin'].includes(role)) return 401
  if (access === 'viewer' || role === 'admin') return 'let in'
  if (access === 'editor-of-each') return role === 'viewer' ? 403 : 'let in'
  if (access === 'admin') return 403
  return access === 'editor' && role === 'editor' && editsThere ? 'let in' : 403
}

const targetOf = ({ path }: Route): string => path.replace(':namespace', 'shop').replaceAll(/:\w+/g, 'x')

/** Such that they change nothing that later calls need. */
const bodyOf = ({ method }: Route): unknown => (method === 'GET' ? undefined : {})

test('CVE-2026-31838, CVE-2020-1764, GO-2026-5102: every endpoint lets in exactly the credentials that its rule names', async () => {
  const wrong: string[] = []
  let calls = 0
  for (const route of management) {
    for (const [kind, credential] of Object.entries(credentials)) {
      const { status } = await caller.call(route.method, targetOf(route), { credential, body: bodyOf(route) })
      const verdict = status === 401 || status === 403 ? status : 'let in'
      const promised = expected(route.access, kind, route.path)
      calls++
      if (verdict !== promised) wrong.push(`${route.method} ${route.path} by ${kind}: ${status} instead of ${promised}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.equal(calls, management.length * Object.keys(credentials).length)
})

test('only probes and public facts of the authority are open to anyone, and nothing of the plaintext side needs a credential', () => {
  const open = table.filter(route => route.access === 'anyone').map(route => route.path)
  assert.deepEqual(open.sort(), [
    '/crl',
    '/crl/:file',
    '/healthz',
    '/metrics',
    '/ocsp',
    '/ocsp/:request',
    '/ready',
    '/v1/bundle.pem',
    '/v1/bundle/spiffe',
    '/v1/log/checkpoint',
    '/version',
  ])
  for (const route of table) assert.equal(route.side === 'http', route.access === 'anyone', route.path)
})

test('whatever changes something, and whatever only admins may see, stands in the audit trail', () => {
  for (const { side, method, path: at, access, audit } of table) {
    if (side === 'http') continue
    if (method !== 'GET' || access === 'admin') assert.equal(audit, 'yes', `${method} ${at}`)
  }
})

test('refused and done calls are in the trail with who, from where and the verdict, and without any secret', async () => {
  const secret = credentials.admin?.token ?? assert.fail()
  await caller.call('POST', '/v1/tokens', { credential: credentials.viewer ?? {}, body: {} })
  const read = async (query: string) =>
    (await caller.call('GET', `/v1/audit?${query}`)).json() as Record<string, string>[]
  const [refused] = await read('trail=refusals&limit=1')
  assert.equal(refused?.endpoint, '/v1/tokens')
  assert.match(refused.caller ?? '', /^token:[0-9a-f]{16}:x$/)
  assert.match(refused.from ?? '', /^127\.0\.0\.1:\d+$/)
  assert.deepEqual([refused.verdict, refused.status, refused.code], ['refused', 403, 'ACCESS_DENIED'])
  const acts = await read('trail=acts&limit=1000')
  const made = acts.filter(({ endpoint, verdict }) => endpoint === '/v1/access/tokens' && verdict === 'done')
  assert.equal(made.length, Object.values(credentials).filter(({ token }) => token !== undefined).length - 1)
  for (const folder of ['audit', 'access']) {
    for (const name of readdirSync(path.join(daemon.data, folder))) {
      assert.ok(!readFileSync(path.join(daemon.data, folder, name), 'utf8').includes(secret), `${folder}/${name}`)
    }
  }
})
