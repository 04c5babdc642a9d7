import assert from 'node:assert/strict'
import http from 'node:http'
import { type TestContext, test } from 'node:test'
import { type CallTarget, call, callingWorkload, servedWorkload, startMesh, strictMutualTls } from '../support/mesh.ts'
import { until } from '../support/processes.ts'

const servers = { main: '127.0.17.1', second: '127.0.17.2' }
const clients = { delta: '127.0.17.3', sotw: '127.0.17.4' }

const to = (name: string): string => `route: [{ destination: { host: ${name}.test.internal } }]`
const says = (name: string): string => `headers: { response: { set: { x-route: ${name} } } }, ${to('main')}`

const rules = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: main, namespace: test }
spec:
  hosts: [main.test.internal]
  http:
    - { match: [{ uri: { exact: /exact } }], ${says('exact')} }
    - { match: [{ uri: { prefix: /any-case }, ignoreUriCase: true }], ${says('any-case')} }
    - { match: [{ uri: { regex: "/items/[0-9]+" } }], ${says('regex')} }
    - { match: [{ headers: { x-user: { exact: anna } }, withoutHeaders: { x-guest: {} } }], ${says('header')} }
    - { match: [{ headers: { x-version: { regex: "v[23]" } } }], ${says('header-regex')} }
    - { match: [{ method: { exact: DELETE } }, { queryParams: { debug: { exact: "1" } } }], ${says('method-or-query')} }
    - { match: [{ uri: { prefix: /from }, sourceNamespace: far }], ${says('far')} }
    - { match: [{ uri: { prefix: /from }, sourceNamespace: test, gateways: [mesh], port: 80 }], ${says('near')} }
    - { match: [{ uri: { prefix: /old/ } }], rewrite: { uri: /new/, authority: other.name }, ${to('main')} }
    - { match: [{ uri: { prefix: /regex/ } }], rewrite: { uriRegexRewrite: { match: "^/regex/(.*)/(.*)$", rewrite: '/\\2/\\1' } }, ${to('main')} }
    - { match: [{ uri: { prefix: /moved } }], redirect: { uri: /there, authority: new.example, scheme: https, redirectCode: 308 } }
    - { match: [{ uri: { prefix: /teapot } }], directResponse: { status: 418, body: { string: short and stout } } }
    - { match: [{ uri: { prefix: /aborted } }], fault: { abort: { httpStatus: 555, percentage: { value: 100 } } }, ${to('main')} }
    - { match: [{ uri: { prefix: /delayed } }], fault: { delay: { fixedDelay: 0.3s, percentage: { value: 100 } } }, ${to('main')} }
    - { match: [{ uri: { prefix: /mirrored } }], mirror: { host: second.test.internal }, ${to('main')} }
    - { match: [{ uri: { prefix: /flaky } }], retries: { attempts: 3, retryOn: "5xx" }, ${to('main')} }
    - { match: [{ uri: { prefix: /fragile } }], retries: { attempts: 0 }, ${to('main')} }
    - { match: [{ uri: { prefix: /slow } }], timeout: 0.3s, ${to('main')} }
    - match: [{ uri: { prefix: /headers } }]
      headers:
        request: { set: { x-set: mesh }, add: { x-add: two }, remove: [x-gone] }
        response: { set: { x-from: mesh }, remove: [x-internal] }
      ${to('main')}
    - match: [{ uri: { prefix: /shared } }]
      corsPolicy: { allowOrigins: [{ exact: "https://good.example" }, { regex: "https://.*[.]good[.]example" }], allowMethods: [PUT], maxAge: 1h }
      ${to('main')}
    - match: [{ uri: { prefix: /all-to-second } }]
      route:
        - { destination: { host: main.test.internal }, weight: 0 }
        - { destination: { host: second.test.internal }, weight: 100 }
    - match: [{ uri: { prefix: /both } }]
      route:
        - { destination: { host: main.test.internal }, weight: 50 }
        - { destination: { host: second.test.internal }, weight: 50, headers: { request: { set: { x-set: weighted } } } }
    - { ${says('rest')} }
`

for (const [variant, client] of Object.entries(clients)) {
  test(`a VirtualService does to requests what it says, over ${variant}`, async t => {
    const applications = {
      main: await startReportingApplication(t, 'main', servers.main),
      second: await startReportingApplication(t, 'second', servers.second),
    }
    await startMesh(
      t,
      {
        'servers.yaml': `${servedWorkload('main', servers.main)}---${servedWorkload('second', servers.second)}`,
        'client.yaml': callingWorkload(variant, client),
        'strict.yaml': strictMutualTls,
        'rules.yaml': rules,
      },
      [
        { name: 'main', ip: servers.main },
        { name: 'second', ip: servers.second },
        { name: variant, ip: client, xds: variant === 'sotw' ? 'sotw' : 'delta' },
      ],
    )
    const send = async (path: string, given: Partial<CallTarget> = {}) => {
      const headers = { host: 'main.test.internal', ...given.headers }
      const answer = await call({ host: client, port: 18081, path, ...given, headers })
      const seen = answer.body.startsWith('{') ? (JSON.parse(answer.body) as Seen) : undefined
      return { ...answer, seen, route: String(answer.headers['x-route'] ?? '') }
    }
    const route = async (path: string, headers = {}, method = 'GET') => (await send(path, { headers, method })).route
    await until(async () => (await route('/')) === 'rest', 10_000)

    await t.test('routes by what a request says', async () => {
      assert.equal(await route('/exact'), 'exact')
      assert.equal(await route('/exact/more'), 'rest')
      assert.equal(await route('/exact?q=1'), 'exact')
      assert.equal(await route('/ANY-case/x'), 'any-case')
      assert.equal(await route('/items/42'), 'regex')
      assert.equal(await route('/items/42x'), 'rest', 'a regular expression matches the whole path')
      assert.equal(await route('/', { 'x-user': 'anna' }), 'header')
      assert.equal(await route('/', { 'x-user': 'anna', 'x-guest': 'yes' }), 'rest')
      assert.equal(await route('/', { 'x-version': 'v3' }), 'header-regex')
      assert.equal(await route('/', { 'x-version': 'v30' }), 'rest')
      assert.equal(await route('/', {}, 'DELETE'), 'method-or-query')
      assert.equal(await route('/?debug=1'), 'method-or-query')
      assert.equal(await route('/from'), 'near')
    })

    await t.test('rewrites, redirects and answers', async () => {
      const { seen } = await send('/old/page?x=1')
      assert.deepEqual([seen?.host, seen?.path], ['other.name', '/new/page?x=1'])
      assert.equal((await send('/regex/a/b')).seen?.path, '/b/a')
      const moved = await send('/moved/away')
      assert.deepEqual([moved.status, moved.headers.location], [308, 'https://new.example/there'])
      const teapot = await send('/teapot')
      assert.deepEqual([teapot.status, teapot.body], [418, 'short and stout'])
    })

    await t.test('injects faults', async () => {
      assert.equal((await send('/aborted')).status, 555)
      const begin = performance.now()
      assert.equal((await send('/delayed')).status, 200)
      assert.ok(performance.now() - begin >= 290)
    })

    await t.test('mirrors without waiting for the mirror', async () => {
      assert.equal((await send('/mirrored')).seen?.name, 'main')
      await until(() => applications.second.paths.includes('/mirrored'), 5_000)
    })

    await t.test('retries as often as it should, and gives up in time', async () => {
      assert.equal((await send('/flaky')).status, 200)
      assert.equal(applications.main.paths.filter(path => path === '/flaky').length, 3)
      assert.equal((await send('/fragile')).status, 503)
      assert.equal(applications.main.paths.filter(path => path === '/fragile').length, 1)
      const begin = performance.now()
      assert.equal((await send('/slow')).status, 504)
      assert.ok(performance.now() - begin < 1_500)
    })

    await t.test('changes headers both ways', async () => {
      const { seen, headers } = await send('/headers', {
        headers: { 'x-set': 'caller', 'x-add': 'one', 'x-gone': 'x' },
      })
      assert.deepEqual(
        [seen?.headers['x-set'], seen?.headers['x-add'], seen?.headers['x-gone']],
        ['mesh', 'one, two', undefined],
      )
      assert.deepEqual([headers['x-from'], headers['x-internal']], ['mesh', undefined])
      assert.equal((await send('/')).headers['x-internal'], 'secret')
    })

    await t.test('answers questions of browsers about other origins', async () => {
      const ask = async (origin: string) => {
        const headers = { origin, 'access-control-request-method': 'PUT' }
        return (await send('/shared', { method: 'OPTIONS', headers })).headers
      }
      const answer = await ask('https://good.example')
      assert.equal(answer['access-control-allow-origin'], 'https://good.example')
      assert.equal(answer['access-control-allow-methods'], 'PUT')
      assert.equal(answer['access-control-max-age'], '3600')
      assert.equal((await ask('https://a.good.example'))['access-control-allow-origin'], 'https://a.good.example')
      assert.equal((await ask('https://evil.example'))['access-control-allow-origin'], undefined)
    })

    await t.test('divides by weight', async () => {
      for (let i = 0; i < 5; i++) assert.equal((await send('/all-to-second')).seen?.name, 'second')
      const answers = await Promise.all(Array.from({ length: 60 }, () => send('/both')))
      const from = (name: string) => answers.filter(({ seen }) => seen?.name === name)
      assert.equal(from('main').length + from('second').length, 60)
      // Of 60 fair coins fewer than 10 show one side once in ten million times.
      for (const name of ['main', 'second']) assert.ok(from(name).length >= 10, `${from(name).length} to ${name}`)
      assert.ok(from('second').every(({ seen }) => seen?.headers['x-set'] === 'weighted'))
      assert.ok(from('main').every(({ seen }) => seen?.headers['x-set'] === undefined))
    })
  })
}

interface Seen {
  readonly name: string
  readonly host: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
}

/** Answers what it was asked; `/flaky` fails twice, `/fragile` always, `/slow` takes two seconds. */
async function startReportingApplication(t: TestContext, name: string, host: string): Promise<{ paths: string[] }> {
  const paths: string[] = []
  const server = http.createServer((request, response) => {
    const { url: path = '', headers } = request
    paths.push(path)
    const tries = paths.filter(each => each === path).length
    response.statusCode = (path === '/flaky' && tries < 3) || path === '/fragile' ? 503 : 200
    response.setHeader('x-internal', 'secret')
    const answer = JSON.stringify({ name, host: headers.host ?? '', path, headers } satisfies Seen)
    setTimeout(() => response.end(answer), path === '/slow' ? 2_000 : 0)
  })
  await new Promise<void>(resolve => server.listen(19080, host, resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { paths }
}
