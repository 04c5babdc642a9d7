/** Two meshes, each with its own authority, through real Envoys; and a third authority whose key the test holds. */

import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { FederatedDomainView } from '../../src/admin/distribution-view.ts'
import { createTestAuthority, type TestLeaf } from '../../src/grpc/testing/test-authority.ts'
import {
  call,
  callingWorkload,
  servedWorkload,
  startApplication,
  startMesh,
  strictMutualTls,
  type TestMesh,
} from '../support/mesh.ts'
import { atEnd, runCommand, temporaryFolder, until } from '../support/processes.ts'
import { policy } from '../support/services.ts'

const server = { name: 'server', ip: '127.0.45.1' }
const own = { name: 'own', ip: '127.0.45.2' }
const named = { name: 'named', ip: '127.0.45.3' }
const unnamed = { name: 'unnamed', ip: '127.0.45.4' }
const front = '127.0.45.9'

/** The service of mesh A as mesh B knows it, by the right name and by a wrong one. */
const theirs = (host: string, identity: string): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.replaceAll('.', '-')}, namespace: test }
spec:
  hosts: [${host}]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 18080 }]
  endpoints: [{ address: ${server.ip} }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${host.replaceAll('.', '-')}, namespace: test }
spec: { host: ${host}, trafficPolicy: { tls: { mode: ISTIO_MUTUAL, subjectAltNames: ["${identity}"] } } }
`

const callers = (...principals: readonly string[]): string =>
  policy('AuthorizationPolicy', 'callers', JSON.stringify({ rules: [{ from: [{ source: { principals } }] }] }))

/** Mutual TLS without an Envoy on this side: the answer's status, or why there is none. */
function callDirectly({ certPem: cert, keyPem: key }: TestLeaf): Promise<number | string> {
  return new Promise(resolve => {
    const secured = { cert, key, rejectUnauthorized: false, agent: false as const, ALPNProtocols: ['http/1.1'] }
    const request = https.request({ host: server.ip, port: 18080, ...secured }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    request.end()
  })
}

const isStatus = (answer: number | string): boolean => typeof answer === 'number'

async function federated(t: TestContext, mesh: TestMesh): Promise<readonly FederatedDomainView[]> {
  const { code, stdout, stderr } = await runCommand(t, 'ca', 'federation', '--data', mesh.daemon.data, '-o', 'json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as FederatedDomainView[]
}

/** What an operator puts before a daemon's plaintext endpoint: TLS with a certificate of the web. */
async function startFront(
  t: TestContext,
  { certPem: cert, keyPem: key }: TestLeaf,
  daemonPort: number,
): Promise<string> {
  const proxy = https.createServer({ cert, key }, (request, response) => {
    http.get({ host: '127.0.0.1', port: daemonPort, path: request.url ?? '/', agent: false }, answer => {
      response.writeHead(answer.statusCode ?? 502)
      answer.pipe(response)
    })
  })
  await new Promise<void>(resolve => proxy.listen(0, front, resolve))
  atEnd(t, () => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return `https://${front}:${(proxy.address() as AddressInfo).port}/v1/bundle/spiffe`
}

test('workloads of another trust domain are let in where a policy names them, and its authority vouches for nobody else', async t => {
  const folder = temporaryFolder(t)
  const roots = { b: path.join(folder, 'b.pem'), c: path.join(folder, 'c.pem'), web: path.join(folder, 'web.pem') }
  const replace = (file: string, pem: string): void => {
    writeFileSync(`${file}.new`, pem)
    renameSync(`${file}.new`, file)
  }
  const [third, web] = await Promise.all([createTestAuthority('Third'), createTestAuthority('Web')])
  replace(roots.c, third.rootPem)
  replace(roots.web, web.rootPem)

  await startApplication(t, 'server', server.ip, 19080)
  const a = await startMesh(
    t,
    {
      'server.yaml': servedWorkload(server.name, server.ip),
      'own.yaml': callingWorkload(own.name, own.ip),
      'strict.yaml': strictMutualTls,
    },
    [server, own],
    {
      meshConfig: 'trustDomain: a.example\n',
      caConfig: `federation:
  trustDomains:
    - { trustDomain: b.example, rootsFile: ${roots.b} }
    - { trustDomain: c.example, rootsFile: ${roots.c} }
`,
    },
  )
  const url = await startFront(t, await web.leaf({ ips: [front] }), a.daemon.ports.http)
  const identity = 'spiffe://a.example/ns/test/sa/server'
  const b = await startMesh(
    t,
    {
      'callers.yaml':
        callingWorkload(named.name, named.ip) + callingWorkload(unnamed.name, unnamed.ip).replace(/^/, '---'),
      'theirs.yaml':
        theirs('server.internal', identity) + theirs('misnamed.internal', 'spiffe://a.example/ns/test/sa/x'),
    },
    [named, unnamed],
    {
      meshConfig: 'trustDomain: b.example\n',
      caConfig: `federation:
  allowAddresses: [${front}/32]
  trustDomains:
    - trustDomain: a.example
      bundleEndpoint: { url: "${url}", profile: https_web, rootsFile: ${roots.web} }
`,
    },
  )
  const from = (ip: string, host = 'server.internal') => call({ host: ip, port: 18081, headers: { host } })
  const fromOwn = () => from(own.ip, 'server.test.internal')
  await until(async () => (await fromOwn()).status === 200, 10_000)
  await until(async () => (await federated(t, b))[0]?.roots.length === 1, 10_000)

  await t.test('without roots, and with roots that no policy names, nobody else is let in', async () => {
    assert.equal((await from(named.ip)).status, 503)
    assert.deepEqual(
      (await federated(t, a)).map(({ trustDomain, roots: known }) => [trustDomain, known.length]),
      [
        ['b.example', 0],
        ['c.example', 1],
      ],
    )
    const { stdout } = await runCommand(t, 'ca', 'bundle', '--data', b.daemon.data)
    replace(roots.b, stdout)
    await until(async () => (await federated(t, a))[0]?.roots.length === 1, 10_000)
    assert.equal((await from(named.ip)).status, 503)
    assert.ok(!isStatus(await callDirectly(await third.leaf({ uris: ['spiffe://c.example/ns/test/sa/x'] }))))
    assert.equal((await fromOwn()).status, 200)
  })

  await t.test('a policy lets in whom it names, by the name that their own authority proved', async () => {
    a.put('callers.yaml', callers('a.example/ns/test/sa/own', 'b.example/ns/test/sa/named'))
    await until(async () => (await from(named.ip)).status === 200, 10_000)
    const { body, headers } = await from(named.ip)
    assert.equal(body, 'server')
    assert.match(String(headers['x-caller']), /URI=spiffe:\/\/b\.example\/ns\/test\/sa\/named/)
    assert.equal((await from(unnamed.ip)).status, 403)
    assert.equal((await fromOwn()).status, 200)
    assert.equal((await from(named.ip, 'misnamed.internal')).status, 503, 'the server too must be who it is said to be')
    assert.ok(!isStatus(await callDirectly(await third.leaf({ uris: ['spiffe://c.example/ns/test/sa/x'] }))))
  })

  await t.test('an authority of another trust domain cannot vouch for this one, nor for a third', async () => {
    a.put('callers.yaml', callers('a.example/*', 'b.example/*', 'c.example/*'))
    const genuine = await third.leaf({ uris: ['spiffe://c.example/ns/test/sa/x'] })
    await until(async () => (await callDirectly(genuine)) === 200, 10_000)
    for (const claimed of ['spiffe://a.example/ns/test/sa/own', 'spiffe://b.example/ns/test/sa/named', identity]) {
      const answer = await callDirectly(await third.leaf({ uris: [claimed] }))
      assert.ok(!isStatus(answer), `${claimed}: ${answer}`)
    }
    assert.equal(await callDirectly(genuine), 200)
  })

  await t.test('new roots of another trust domain count everywhere without any restart', async () => {
    const next = await createTestAuthority('Third again')
    replace(roots.c, next.rootPem)
    const leaf = { uris: ['spiffe://c.example/ns/test/sa/x'] }
    const [before, after] = await Promise.all([third.leaf(leaf), next.leaf(leaf)])
    await until(async () => (await callDirectly(after)) === 200, 10_000)
    assert.ok(!isStatus(await callDirectly(before)))
    assert.equal((await fromOwn()).status, 200)
    assert.equal((await from(named.ip)).status, 200)
  })
})
