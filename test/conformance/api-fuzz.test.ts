/** Schemathesis makes requests from the OpenAPI document and compares every answer with it. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { servedKinds } from '../../src/api/resources/served-kinds.ts'
import { kindNames } from '../../src/config/object.ts'
import { managementCaller } from '../../src/daemon/testing/management-caller.ts'
import { startDaemon, startProgram, temporaryFolder } from '../support/processes.ts'

const version = '4.32.5'
const environment = path.join(os.homedir(), '.cache', 'meshwright', `schemathesis-${version}`)
const program = path.join(environment, 'bin', 'schemathesis')

/** Fetched once into the cache folder. Undefined when it is there, else why it cannot be. */
function fetchSchemathesis(): string | undefined {
  if (existsSync(program)) return undefined
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', environment],
    [path.join(environment, 'bin', 'pip'), 'install', '--quiet', `schemathesis==${version}`],
  ] as const) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 240_000 })
    if (status !== 0) return `no schemathesis: ${command}: ${error?.message ?? stderr.slice(-500)}`
  }
  return undefined
}

/** One kind stands for all, which have the same endpoints; and what belongs to no kind. */
const oneKind =
  /^\/apis\/(?:security\.istio\.io\/v1\/namespaces\/\{namespace\}\/peerauthentications(?:\/\{name\})?$|config\.meshwright\.io\/)/

/** Of each kind the version that it prefers. */
const preferred = servedKinds.filter(({ kind, version }) => kind.versions[0] === version)
const isOfEveryKind = (at: string): boolean =>
  preferred.some(({ apiVersion, kind }) =>
    new RegExp(
      `^/apis?/${apiVersion}/(?:namespaces/\\{namespace\\}/)?${kind.plural}(?:/\\{name\\}(?:/status|/history)?)?$`,
    ).test(at),
  )

interface Document {
  readonly paths: Record<string, { get?: { parameters?: { name: string }[] } }>
}

interface Fuzzed {
  readonly keeps: (path: string) => boolean
  readonly arguments: readonly string[]
  readonly checks: readonly string[]
}

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
]

/** How many requests were made; fails with what schemathesis says. */
async function fuzz(t: TestContext, { keeps, arguments: more, checks }: Fuzzed): Promise<number> {
  const folder = temporaryFolder(t)
  const data = path.join(folder, 'data')
  await startDaemon(t, { config: folder, data })
  const caller = managementCaller(data)
  const document = (await caller.call('GET', '/openapi.json')).json() as Document
  for (const [at, item] of Object.entries(document.paths)) {
    if (!keeps(at)) delete document.paths[at]
    // A watch is no answer that ends, and a revision that is yet to come is 504, as in Kubernetes: rest-api.test.ts has both.
    const { get } = item
    if (get?.parameters !== undefined)
      get.parameters = get.parameters.filter(({ name }) => !['watch', 'resourceVersion'].includes(name))
  }
  const [file, root] = [path.join(folder, 'openapi.json'), path.join(folder, 'root.pem')]
  writeFileSync(file, JSON.stringify(document))
  writeFileSync(root, caller.local.rootPem)
  const policy = { kind: 'PeerAuthentication', apiVersion: 'security.istio.io/v1', metadata: { name: 'default' } }
  const collection = '/apis/security.istio.io/v1/namespaces/default/peerauthentications'
  assert.equal((await caller.call('POST', collection, { body: policy })).status, 201)
  const { code, stdout, stderr } = await startProgram(t, [
    // Where it keeps what it found.
    ...(['env', '-C', folder] as const),
    program,
    'run',
    file,
    ...['--url', `https://${caller.local.address}`, '--tls-verify', root],
    ...['-H', `Authorization: Bearer ${caller.local.token}`],
    ...['--seed', process.env.TEST_SEED ?? '1', '--checks', checks.join(',')],
    ...more,
    '--no-color',
  ]).ended
  assert.equal(code, 0, `${stdout.slice(-8000)}${stderr.slice(-2000)}`)
  return Number(/(\d+) generated, \d+ passed/.exec(stdout)?.[1])
}

test('no request that the document allows, or forbids, gets an answer that the document does not have', async t => {
  const missing = fetchSchemathesis()
  if (missing !== undefined) {
    t.skip(missing)
    return
  }
  const made = await fuzz(t, {
    keeps: at => oneKind.test(at),
    arguments: ['--phases', 'examples,coverage,fuzzing', '--max-examples', '5'],
    checks: [...checks, 'unsupported_method', 'ignored_auth'],
  })
  assert.ok(made > 300, `${made} requests`)
})

test('each operation of every kind answers what the document says to some requests, good and bad', async t => {
  const missing = fetchSchemathesis()
  if (missing !== undefined) {
    t.skip(missing)
    return
  }
  assert.equal(new Set(preferred.map(({ kind }) => kind.name)).size, kindNames.length)
  const made = await fuzz(t, {
    keeps: isOfEveryKind,
    arguments: ['--phases', 'fuzzing', '--max-examples', '1', '--workers', '2', '--suppress-health-check', 'all'],
    checks,
  })
  assert.ok(made >= kindNames.length * 8, `${made} requests`)
})
