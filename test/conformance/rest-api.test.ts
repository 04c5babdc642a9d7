/** The REST API of a whole daemon, by its bytes: what kubectl does not show. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Answer, type ManagementCaller, managementCaller } from '../../src/daemon/testing/management-caller.ts'
import { type RunningDaemon, runDaemon } from '../../src/daemon/testing/running-daemon.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'

let daemon: RunningDaemon
let caller: ManagementCaller

before(async () => {
  daemon = await runDaemon()
  caller = managementCaller(daemon.data)
})

after(() => daemon.stop())

interface Shown {
  readonly kind: string
  readonly reason?: string
  readonly message?: string
  readonly metadata: Readonly<Record<string, string>>
  readonly spec: Readonly<Record<string, unknown>>
  readonly items: readonly Shown[]
  readonly details: { readonly causes?: readonly Readonly<Record<string, string>>[] }
}

const services = (namespace: string): string => `/api/v1/namespaces/${namespace}/services`
const service = (name: string, port = 80, labels = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, labels },
  spec: { ports: [{ port }] },
})
const shown = (answer: Answer): Shown => answer.json() as Shown
const create = async (namespace: string, body: object): Promise<Shown> => {
  const answer = await caller.call('POST', services(namespace), { body })
  assert.equal(answer.status, 201, answer.body)
  return shown(answer)
}
const revision = async (): Promise<number> =>
  ((await caller.call('GET', '/apis/config.meshwright.io/v1/revisions')).json() as { newest: number }).newest

test('a list is read page by page at one revision, whatever changes meanwhile', async () => {
  for (const name of ['a', 'b', 'c']) await create('pages', service(name))
  const first = shown(await caller.call('GET', `${services('pages')}?limit=2`))
  await caller.call('DELETE', `${services('pages')}/c`)
  await create('pages', service('d'))
  const rest = `${services('pages')}?limit=2&continue=${first.metadata.continue}`
  const second = shown(await caller.call('GET', rest))
  assert.deepEqual(
    [...first.items, ...second.items].map(({ metadata }) => metadata.name),
    ['a', 'b', 'c'],
  )
  assert.equal(second.metadata.continue, undefined)
  assert.equal(first.metadata.resourceVersion, second.metadata.resourceVersion)
  const exact = `${services('pages')}?resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`
  assert.equal(shown(await caller.call('GET', exact)).items.length, 3)
})

test('of two editors with the same revision one gets a conflict, and a patch without a revision is made again', async () => {
  const { metadata } = await create('race', service('x'))
  const replace = (port: number) =>
    caller.call('PUT', `${services('race')}/x`, {
      body: { ...service('x', port), metadata: { name: 'x', resourceVersion: metadata.resourceVersion } },
    })
  const answers = await Promise.all([replace(1), replace(2)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
  const patches = await Promise.all(
    [1, 2, 3, 4].map(number =>
      caller.call('PATCH', `${services('race')}/x`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { metadata: { labels: { [`l${number}`]: '1' } } },
      }),
    ),
  )
  assert.deepEqual(
    patches.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  const { metadata: now } = shown(await caller.call('GET', `${services('race')}/x`))
  assert.deepEqual(Object.keys(now.labels ?? {}).sort(), ['l1', 'l2', 'l3', 'l4'])
})

test('a transaction is one revision or nothing, and a dry run leaves no trace', async () => {
  const post = (operations: readonly object[], query = '') =>
    caller.call('POST', `/apis/config.meshwright.io/v1/transactions${query}`, { body: { operations } })
  const placed = (name: string, port = 80) => {
    const object = service(name, port) as { metadata: object }
    return { ...object, metadata: { ...object.metadata, namespace: 'many' } }
  }
  const before = await revision()
  const both = [
    { operation: 'put', object: placed('one') },
    { operation: 'apply', object: placed('two') },
  ]
  assert.equal((await post(both, '?dryRun=All')).status, 200)
  assert.equal(await revision(), before)
  const answer = await post(both)
  assert.equal(answer.status, 200, answer.body)
  assert.equal(await revision(), before + 1)
  const { results } = answer.json() as { results: { revision: number; changed: boolean }[] }
  assert.deepEqual(
    results.map(({ revision: at, changed }) => [at, changed]),
    [
      [before + 1, true],
      [before + 1, true],
    ],
  )

  const refused = await post([
    { operation: 'delete', object: placed('one') },
    { operation: 'put', object: placed('three', 99_999) },
  ])
  assert.equal(refused.status, 422)
  assert.match(shown(refused).details.causes?.[0]?.field ?? '', /^spec\.ports\[0\]\.port$/)
  assert.equal(await revision(), before + 1)
  assert.equal((await caller.call('GET', `${services('many')}/one`)).status, 200)
  const twice = await post([both[0] as object, both[0] as object])
  assert.match(shown(twice).message ?? '', /operations\[1\]: Service many\/one is in the transaction already/)
})

test('an editor of one namespace gets no transaction through that touches another', async () => {
  const body = { name: 'e', role: 'editor', namespaces: ['mine'], ttlSeconds: 60 }
  const { token } = (await caller.call('POST', '/v1/access/tokens', { body })).json() as { token: string }
  const put = (namespace: string) => {
    const object = { ...(service('s') as object), metadata: { name: 's', namespace } }
    return { operation: 'put', object }
  }
  const post = (operations: readonly object[]) =>
    caller.call('POST', '/apis/config.meshwright.io/v1/transactions', { credential: { token }, body: { operations } })
  assert.equal((await post([put('mine'), put('other')])).status, 403)
  assert.equal((await caller.call('GET', `${services('mine')}/s`)).status, 404)
  assert.equal((await post([put('mine')])).status, 200)
  const cluster = { operation: 'put', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mine' } } }
  assert.equal((await post([cluster])).status, 403)
})

interface Event {
  readonly type: string
  readonly object: Shown
}

/** The first `count` events of a watch. */
function watch(target: string, count: number): Promise<readonly Event[]> {
  const { address, rootPem, token } = caller.local
  return new Promise((resolve, reject) => {
    const options = {
      ca: rootPem,
      servername: 'localhost',
      agent: false,
      headers: { authorization: `Bearer ${token}` },
    }
    const request = https.get(`https://${address}${target}`, options, response => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const lines = text.split('\n').slice(0, -1)
        if (lines.length < count) return
        resolve(lines.map(line => JSON.parse(line) as Event))
        request.destroy()
      })
      response.on('end', () =>
        resolve(
          text
            .split('\n')
            .slice(0, -1)
            .map(line => JSON.parse(line) as Event),
        ),
      )
    })
    request.on('error', reject)
  })
}
const told = (events: readonly Event[]): readonly string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`)

test('a watch tells what is there, what comes, and what leaves the selection, and goes on from any revision', async () => {
  await create('watched', service('a', 80, { team: 'x' }))
  const from = await revision()
  const base = `${services('watched')}?watch=true&labelSelector=team%3Dx`
  const live = watch(base, 4)
  await create('watched', service('b', 80, { team: 'x' }))
  await create('watched', service('c', 80, { team: 'y' }))
  const relabel = {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { labels: { team: 'y' } } },
  }
  await caller.call('PATCH', `${services('watched')}/b`, relabel)
  await caller.call('DELETE', `${services('watched')}/a`)
  const changes = ['ADDED b', 'DELETED b', 'DELETED a']
  // The watch may have begun before or after the first of the changes; what it tells is the same from then on.
  assert.deepEqual(told(await live).slice(-2), changes.slice(-2))
  assert.deepEqual(told(await watch(`${base}&resourceVersion=${from}`, 3)), changes)
  const deleted = (await watch(`${base}&resourceVersion=${from}`, 3)).at(-1)
  assert.equal(Number(deleted?.object.metadata.resourceVersion) > from, true)
  const initial = await watch(
    `${services('watched')}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    3,
  )
  assert.deepEqual(told(initial), ['ADDED b', 'ADDED c', 'BOOKMARK undefined'])
  const { annotations } = (initial[2]?.object.metadata ?? {}) as unknown as { annotations?: Record<string, string> }
  assert.deepEqual(annotations, { 'k8s.io/initial-events-end': 'true' })
})

test('a hundred watchers all hear of a change', async () => {
  const from = await revision()
  const watchers = Array.from({ length: 100 }, () => watch(`${services('crowd')}?watch=1&resourceVersion=${from}`, 1))
  await create('crowd', service('one'))
  for (const events of await Promise.all(watchers)) assert.deepEqual(told(events), ['ADDED one'])
})

test('a watch ends by itself at its time, and a revision that is not there yet is told as such', async () => {
  const from = await revision()
  assert.deepEqual(await watch(`${services('quiet')}?watch=1&resourceVersion=${from}&timeoutSeconds=1`, 1), [])
  const early = await caller.call('GET', `${services('quiet')}?watch=1&resourceVersion=${from + 1000}`)
  assert.equal(early.status, 504, early.body)
})

test('names are generated, bodies may be YAML, and what the server alone says is not taken from callers', async () => {
  const body =
    'apiVersion: v1\nkind: Service\nmetadata: {generateName: gen-, uid: mine, generation: 7}\nspec: {ports: [{port: 1}]}\n'
  const headers = { 'content-type': 'application/yaml', accept: 'application/yaml' }
  const answer = await caller.call('POST', services('odd'), { body, headers })
  assert.equal(answer.status, 201, answer.body)
  assert.match(answer.body, /^ {2}name: gen-[a-z0-9]{5}$/m)
  assert.match(answer.body, /^ {2}generation: 1$/m)
  assert.doesNotMatch(answer.body, /uid: mine/)
})

test('every refusal is a Status with the code that it says', async () => {
  await create('refused', service('x'))
  writeFileSync(
    path.join(daemon.config, 'x.yaml'),
    'apiVersion: v1\nkind: Service\nmetadata: {name: f, namespace: refused}\nspec: {ports: [{port: 1}]}\n',
  )
  const at = `${services('refused')}/x`
  const cases: readonly (readonly [number, string, string, string, Parameters<ManagementCaller['call']>[2]])[] = [
    [404, 'NotFound', 'GET', `${services('refused')}/none`, {}],
    [404, 'NotFound', 'GET', '/apis/none.example/v1/things', {}],
    [404, 'NotFound', 'GET', '/apis/a/b/c/d/e/f/g/h', {}],
    [405, 'MethodNotAllowed', 'POST', at, { body: {} }],
    [405, 'MethodNotAllowed', 'POST', '/api/v1/services', { body: {} }],
    [406, 'NotAcceptable', 'GET', at, { headers: { accept: 'application/vnd.kubernetes.protobuf' } }],
    [409, 'AlreadyExists', 'POST', services('refused'), { body: service('x') }],
    [
      415,
      'UnsupportedMediaType',
      'POST',
      services('refused'),
      { body: 'x', headers: { 'content-type': 'text/plain' } },
    ],
    // What every object of JavaScript has is no type.
    [415, 'UnsupportedMediaType', 'PUT', at, { body: 'x', headers: { 'content-type': 'constructor' } }],
    [415, 'UnsupportedMediaType', 'PATCH', at, { body: {}, headers: { 'content-type': 'constructor' } }],
    [415, 'UnsupportedMediaType', 'PATCH', at, { body: {} }],
    [422, 'Invalid', 'POST', services('refused'), { body: service('Bad_Name') }],
    [400, 'BadRequest', 'POST', services('refused'), { body: '{"a":1,"a":2}' }],
    [
      400,
      'BadRequest',
      'POST',
      services('other'),
      { body: { ...service('y'), metadata: { name: 'y', namespace: 'refused' } } },
    ],
    [400, 'BadRequest', 'GET', `${services('refused')}?continue=nonsense`, {}],
    [400, 'BadRequest', 'GET', `${services('refused')}?limit=many`, {}],
    [400, 'BadRequest', 'DELETE', `${at}?dryRun=Some`, {}],
    [409, 'Conflict', 'DELETE', at, { body: { preconditions: { uid: 'another' } } }],
    [413, 'RequestEntityTooLarge', 'POST', services('refused'), { body: 'x'.repeat(3_000_000) }],
  ]
  for (const [status, reason, method, target, options] of cases) {
    const answer = await caller.call(method, target, options)
    const said = answer.json() as Shown & { code: number; status: string }
    assert.deepEqual(
      [answer.status, said.code, said.kind, said.status, said.reason],
      [status, status, 'Status', 'Failure', reason],
      `${method} ${target} ${answer.body}`,
    )
  }
  const { headers } = await caller.call('POST', at, { body: {} })
  assert.equal(headers.allow, 'GET, HEAD, PUT, PATCH, DELETE')
  assert.equal((await caller.call('HEAD', at)).body, '')
})

test('the contents of a Secret are shown to those who may change it, and every look is in the audit trail', async () => {
  const secrets = '/api/v1/namespaces/vault/secrets'
  const value = Buffer.from('s3cret').toString('base64')
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { password: value } }
  assert.equal((await caller.call('POST', secrets, { body: secret })).status, 201)
  const as = async (role: string, namespaces: readonly string[] = []) => {
    const body = { name: role, role, namespaces, ttlSeconds: 60 }
    const { token } = (await caller.call('POST', '/v1/access/tokens', { body })).json() as { token: string }
    return { credential: { token } }
  }
  const [viewer, editor, stranger] = [await as('viewer'), await as('editor', ['vault']), await as('editor', ['shop'])]
  for (const target of [
    secrets,
    `${secrets}/key`,
    '/api/v1/secrets',
    `${secrets}/key/history`,
    `${secrets}?watch=1&timeoutSeconds=1`,
    '/v1/configuration/objects?kind=Secret',
    '/v1/configuration/objects/Secret/vault/key',
    '/v1/configuration/objects/Secret/vault/key/history',
    '/v1/configuration/changes?since=0',
  ]) {
    for (const options of [viewer, stranger]) {
      const { status, body } = await caller.call('GET', target, options)
      assert.equal(status, 200, target)
      assert.ok(body.includes('"password":""') && !body.includes(value), `${target} ${body}`)
    }
    assert.ok((await caller.call('GET', target, editor)).body.includes(value), target)
  }
  const acts = (await caller.call('GET', '/v1/audit?limit=100')).json() as {
    target: string
    caller: string
    subjects?: string[]
  }[]
  for (const looked of [
    `${secrets}/key`,
    '/v1/configuration/objects?kind=Secret',
    '/v1/configuration/objects/Secret/vault/key',
  ]) {
    const look = acts.find(({ target, caller: who }) => target === looked && who.endsWith(':viewer'))
    assert.deepEqual(look?.subjects, ['Secret vault/key'], looked)
  }
})

test('what a caller is told that it may do is what the endpoints let it do', async () => {
  const as = async (role: string, namespaces: readonly string[] = []) => {
    const body = { name: role, role, namespaces, ttlSeconds: 60 }
    const { token } = (await caller.call('POST', '/v1/access/tokens', { body })).json() as { token: string }
    return { credential: { token } }
  }
  const callers = [await as('viewer'), await as('editor', ['mine']), await as('admin')]
  const requests: readonly (readonly [verb: string, method: string, target: string, attributes: object])[] = [
    'services',
    'secrets',
  ].flatMap(resource =>
    ['mine', 'other'].flatMap(namespace => {
      const collection = `/api/v1/namespaces/${namespace}/${resource}`
      const attributes = { resource, namespace }
      return [
        ['list', 'GET', collection, attributes] as const,
        ['get', 'GET', `${collection}/none`, attributes] as const,
        ['get', 'GET', `${collection}/none/status`, { ...attributes, subresource: 'status' }] as const,
        ['create', 'POST', collection, attributes] as const,
        ['update', 'PUT', `${collection}/none`, attributes] as const,
        ['patch', 'PATCH', `${collection}/none`, attributes] as const,
        ['delete', 'DELETE', `${collection}/none`, attributes] as const,
        ['deletecollection', 'DELETE', collection, attributes] as const,
      ]
    }),
  )
  const ofCluster = [
    ['list', 'GET', '/api/v1/namespaces', { resource: 'namespaces' }],
    ['create', 'POST', '/api/v1/namespaces', { resource: 'namespaces' }],
    ['delete', 'DELETE', '/api/v1/namespaces/mine', { resource: 'namespaces', namespace: 'mine' }],
    ['list', 'GET', '/api/v1/services', { resource: 'services' }],
  ] as const
  for (const options of callers) {
    for (const [verb, method, target, attributes] of [...requests, ...ofCluster]) {
      const asked = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { ...attributes, verb } },
      }
      const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      const review = await caller.call('POST', reviews, { ...options, body: asked })
      assert.equal(review.status, 201, review.body)
      const { status } = review.json() as { status: { allowed: boolean } }
      const { status: got } = await caller.call(method, target, {
        ...options,
        ...(method === 'GET' ? {} : { body: {} }),
      })
      assert.equal(got !== 403, status.allowed, `${method} ${target} ${got}`)
    }
  }
})

test('what is not kept any more has expired: a watch, a page, a state of the past; a page says where the list goes on', async t => {
  // What is done once a minute is done at once.
  const after: Clock['after'] = (delayMs, task) => systemClock.after(delayMs >= 60_000 ? 10 : delayMs, task)
  let short = await runDaemon({ flags: { configHistory: ['commits=5'] }, clock: { ...systemClock, after } })
  t.after(() => short.stop())
  const { call } = managementCaller(short.data)
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  for (const name of names.slice(0, 3)) await call('POST', services('past'), { body: service(name) })
  const first = shown(await call('GET', `${services('past')}?limit=2`))
  const from = first.metadata.resourceVersion
  for (const name of names.slice(3)) await call('POST', services('past'), { body: service(name) })
  const oldest = async (): Promise<number> =>
    ((await call('GET', '/apis/config.meshwright.io/v1/revisions')).json() as { oldest: number }).oldest
  await call('POST', services('past'), { body: service('i') })
  while ((await oldest()) <= Number(from)) await call('GET', '/version')
  // While the daemon runs its newest commits are in memory, where a watch still begins when the store has let them go.
  short = await short.restart()
  const { call: again } = managementCaller(short.data)
  const expired = [
    `?watch=1&resourceVersion=${from}`,
    `?resourceVersion=${from}&resourceVersionMatch=Exact`,
    `?limit=2&continue=${first.metadata.continue}`,
  ]
  for (const query of expired) {
    const answer = await again('GET', `${services('past')}${query}`)
    const { kind, reason, code } = answer.json() as Shown & { code: number }
    assert.deepEqual([answer.status, code, kind, reason], [410, 410, 'Status', 'Expired'], query)
  }
  const { metadata } = shown(await again('GET', `${services('past')}${expired[2]}`))
  const rest = shown(await again('GET', `${services('past')}?continue=${metadata.continue}`))
  assert.deepEqual(
    [...first.items, ...rest.items].map(one => one.metadata.name),
    [...names, 'i'],
  )
})
