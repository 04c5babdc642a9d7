import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Clock, systemClock } from './clock.ts'
import type { ErrorCode } from './error-codes.ts'
import { MeshwrightError } from './errors.ts'
import { createGuardedFetch, type FetchRequest, type GuardedFetchOptions } from './guarded-fetch.ts'
import { type ServerPair, serverPair } from './testing/server-pair.ts'

let pair: ServerPair
let server: https.Server
let port: number
let answer: RequestListener = (_request, response) => response.end('{}')
let requests = 0

before(async () => {
  pair = await serverPair(['idp.test', 'spiffe://other.mesh/bundle'])
  server = https.createServer({ key: pair.keyPem, cert: pair.certPem }, (request, response) => {
    requests += 1
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const loopbackAllowed = { allow: ['127.0.0.0/8'] }

function get(request: Partial<FetchRequest> = {}, options: Partial<GuardedFetchOptions> = loopbackAllowed) {
  const fetch = createGuardedFetch({ clock: systemClock, resolve: async () => ['127.0.0.1'], ...options })
  return fetch({
    url: `https://idp.test:${port}/keys`,
    largestBytes: 1000,
    timeoutMs: 5000,
    server: { kind: 'web', rootsPem: pair.rootPem },
    ...request,
  })
}

function fails(code: ErrorCode, message: RegExp): (thrown: unknown) => boolean {
  return thrown => {
    assert.ok(thrown instanceof MeshwrightError, String(thrown))
    assert.equal(thrown.code, code)
    assert.match(thrown.message, message)
    return true
  }
}

test('a document is fetched from an address that is allowed, and its server must prove its name', async () => {
  answer = (_request, response) => response.end('{"keys":[]}')
  assert.equal((await get()).body.toString(), '{"keys":[]}')
  await assert.rejects(get({ url: `https://other.test:${port}/keys` }), fails('FETCH_FAILED', /altnames/))
  await assert.rejects(get({ server: { kind: 'web' } }), fails('FETCH_FAILED', /certificate/))
})

test('a SPIFFE server is known by the one URI of its certificate and not by its name', async () => {
  const server = { kind: 'spiffe', id: 'spiffe://other.mesh/bundle', rootsPem: pair.rootPem } as const
  assert.ok(await get({ url: `https://127.0.0.1:${port}/`, server }))
  const wrong = { ...server, id: 'spiffe://other.mesh/bundl' }
  await assert.rejects(get({ server: wrong }), fails('FETCH_FAILED', /not for spiffe:\/\/other\.mesh\/bundl$/))
})

test('CVE-2026-41413: hosts that resolve into the machine or to a metadata service are refused before any connection', async () => {
  const before = requests
  for (const address of [
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
  ]) {
    const refusal = fails('FETCH_REFUSED', /^https:\/\/idp\.test:\d+\/keys is not fetched: idp\.test is /)
    await assert.rejects(get({}, { resolve: async () => [address] }), refusal, address)
    await assert.rejects(get({}, { resolve: async () => ['192.0.2.1', address] }), refusal, address)
  }
  assert.equal(requests, before)
})

test('an address in the URL itself is looked at, in whatever way it is written', async () => {
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '[::1]',
    '[::ffff:7f00:1]',
  ]) {
    await assert.rejects(get({ url: `https://${host}:${port}/` }, {}), fails('FETCH_REFUSED', /loopback|is 127/), host)
  }
})

test('configured blocks are refused too, and what is allowed wins over both', async () => {
  const options = { resolve: async () => ['10.1.2.3'], refuse: ['10.0.0.0/8'] }
  await assert.rejects(get({}, options), fails('FETCH_REFUSED', /10\.1\.2\.3, in 10\.0\.0\.0\/8/))
  assert.ok(await get({}, { refuse: ['127.0.0.0/8'], allow: ['127.0.0.1/32'] }))
})

test('a redirect is followed only to what would be fetched itself', async () => {
  const redirecting =
    (location: string): RequestListener =>
    (request, response) => {
      if (request.url === '/keys') response.writeHead(302, { location }).end()
      else response.end('there')
    }
  answer = redirecting('/moved')
  const moved = await get()
  assert.equal(moved.body.toString(), 'there')
  assert.equal(moved.url, `https://idp.test:${port}/moved`)

  answer = redirecting('https://169.254.169.254/latest/meta-data')
  await assert.rejects(get(), fails('FETCH_REFUSED', /169\.254\.169\.254, a link-local address/))
  answer = redirecting(`http://idp.test:${port}/keys`)
  await assert.rejects(get(), fails('FETCH_REFUSED', /http: is not https:/))
  answer = redirecting('/keys')
  await assert.rejects(get(), fails('FETCH_REFUSED', /more than 3 times/))
})

test('DNS that answers differently the second time is not asked a second time', async () => {
  answer = (_request, response) => response.end('{}')
  const answers = [['127.0.0.1'], ['169.254.169.254']]
  assert.ok(await get({}, { ...loopbackAllowed, resolve: async () => answers.shift() ?? [] }))
  assert.equal(answers.length, 1)
})

test('plain HTTP, credentials and what is no URL are refused; secrets do not reach the message', async () => {
  await assert.rejects(get({ url: 'http://idp.test/' }), fails('FETCH_REFUSED', /http: is not https:/))
  await assert.rejects(get({ url: 'file:///etc/passwd' }), fails('FETCH_REFUSED', /file: is not/))
  await assert.rejects(get({ url: 'nowhere' }), fails('FETCH_REFUSED', /no URL/))
  await assert.rejects(get({ url: 'https://me:secret@idp.test/?key=secret' }), thrown => {
    assert.ok(thrown instanceof MeshwrightError)
    assert.equal(thrown.code, 'FETCH_REFUSED')
    assert.doesNotMatch(thrown.message, /secret/)
    return true
  })
})

test('an answer that is too large, not whole, encoded or not 200 is dropped', async () => {
  answer = (_request, response) => response.end('x'.repeat(1001))
  await assert.rejects(get(), fails('FETCH_FAILED', /larger than 1000 bytes/))
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('x', () => response.destroy())
  }
  await assert.rejects(get(), fails('FETCH_FAILED', /cut off|aborted|hang up|ECONNRESET/))
  answer = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')
  await assert.rejects(get(), fails('FETCH_FAILED', /encoded: gzip/))
  answer = (_request, response) => response.writeHead(503).end('later')
  await assert.rejects(get(), fails('FETCH_FAILED', /answered 503/))
})

test('a server or a resolver that dawdles is left when the time is over', async () => {
  let expire = (): void => undefined
  const clock: Pick<Clock, 'after'> = {
    after(_delayMs, task) {
      expire = task
      return { cancel: () => undefined }
    },
  }
  answer = (_request, response) => {
    response.write('{')
    setImmediate(() => expire())
  }
  await assert.rejects(get({}, { ...loopbackAllowed, clock }), fails('FETCH_FAILED', /within 5000 ms/))
  const never = () => new Promise<readonly string[]>(() => setImmediate(() => expire()))
  await assert.rejects(get({}, { clock, resolve: never }), fails('FETCH_FAILED', /within 5000 ms/))
})
