import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { envoyLog } from '../support/envoy-log.ts'
import { createNetwork, type Network, obstacleToNamespaces, proxyGroup } from '../support/network-namespaces.ts'
import { atEnd, launcher, type Started, temporaryFolder, until } from '../support/processes.ts'
import { type RemoteApplication, startRemoteApplication } from '../support/remote-caller.ts'

const registry = (network: Network): string => `---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
${['client', 'server'].map(name => pod(name, network.address(name))).join('')}
${service('web', '10.96.0.10', 'name: http, port: 80, targetPort: 8080', { name: 'http', port: 8080, address: network.address('server') })}
${service('echo', '10.96.0.11', 'name: tcp, port: 9000', { name: 'tcp', port: 9000, address: network.address('server') })}
${service('greeter', '10.96.0.12', 'name: tcp, port: 9001', { name: 'tcp', port: 9001, address: network.address('server') })}
`

const pod = (name: string, address: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name}, security.istio.io/tlsMode: istio } }
spec: { serviceAccountName: ${name}, containers: [{ name: app }] }
status: { phase: Running, podIP: ${address}, podIPs: [{ ip: ${address} }] }
`

const service = (
  name: string,
  clusterIp: string,
  port: string,
  target: { name: string; port: number; address: string },
): string => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { clusterIP: ${clusterIp}, clusterIPs: [${clusterIp}], selector: { app: server }, ports: [{ ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, namespace: shop, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [{ addresses: [${target.address}], targetRef: { kind: Pod, name: server, namespace: shop } }]
ports: [{ name: ${target.name}, port: ${target.port} }]
`

const mutualTls = (mode: string): string => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: ${mode} } }
`

const registryOnly = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec: { egress: [{ hosts: ["*/*"] }], outboundTrafficPolicy: { mode: REGISTRY_ONLY } }
`

const noAdmin = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/admin], ports: ["8080"] } }] }] }
`

const identity = /URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/client/
const clusterIp = { web: '10.96.0.10', echo: '10.96.0.11', greeter: '10.96.0.12' }

test('captured connections go where they were meant to, over mutual TLS inside the mesh', {
  skip: obstacleToNamespaces() ?? false,
}, async t => {
  const network = createNetwork(t, ['client', 'server'])
  const mesh = await startCapturedMesh(t, network)
  const hub = await startRemoteApplication(t, network, 'hub', ['http:80', 'http:8000', 'tcp:9000'])
  const client = await startRemoteApplication(t, network, 'client', [])
  const server = await startRemoteApplication(t, network, 'server', [
    'http:8080',
    'http:8081',
    'tcp:9000',
    'greeting:9001',
  ])
  await Promise.all([mesh.join('client', client), mesh.join('server', server)])
  const web = (path = '/', host = 'web') => client.http({ host: clusterIp.web, port: 80, path, headers: { host } })
  const handshakes = () => sumOf(server, /^listener\.0\.0\.0\.0_15006\.ssl\.handshake$/)
  await until(async () => (await web()).status === 200, 10_000)

  await t.test('HTTP by the address of a service, whatever name the client uses', async () => {
    for (const host of ['web', 'web.shop', 'web.shop.svc.cluster.local', 'web.shop:80', clusterIp.web]) {
      const answer = await web('/', host)
      assert.deepEqual([answer.status, answer.body], [200, 'server'], host)
      assert.match(String(answer.headers['x-caller']), identity, host)
    }
    assert.equal((await web('/admin')).status, 403, 'it arrives as HTTP, where policies see paths')
  })

  await t.test('TCP by the address of a service, whoever speaks first', async () => {
    const before = await handshakes()
    assert.equal(await client.tcp(clusterIp.echo, 9000, 'hello', 5), 'HELLO')
    assert.equal(await client.tcp(clusterIp.greeter, 9001, '', 7), 'welcome')
    assert.equal(await handshakes(), before + 2)
  })

  await t.test('a workload that calls its own service', async () => {
    const answer = await server.http({ host: clusterIp.web, port: 80, headers: { host: 'web' } })
    assert.deepEqual([answer.status, answer.body], [200, 'server'])
    assert.match(String(answer.headers['x-caller']), /URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/server/)
  })

  await t.test('an address that nobody knows is passed through', async () => {
    const address = network.address('hub')
    for (const port of [80, 8000]) {
      const answer = await client.http({ host: address, port, headers: { host: 'unknown.example' } })
      assert.deepEqual([answer.status, answer.body], [200, 'hub'], `port ${port}`)
    }
    assert.equal(await client.tcp(address, 9000, 'hello', 5), 'HELLO')
  })

  await t.test('from outside of the mesh PERMISSIVE is open and STRICT closed, also where no service is', async () => {
    const host = network.address('server')
    const outside = async () => ({
      service: (await hub.http({ host, port: 8080 })).status,
      denied: (await hub.http({ host, port: 8080, path: '/admin' })).status,
      other: (await hub.http({ host, port: 8081 })).status,
      tcp: await hub.tcp(host, 9000, 'hello', 5),
    })
    assert.deepEqual(await outside(), { service: 200, denied: 403, other: 200, tcp: 'HELLO' })
    mesh.put('mode.yaml', mutualTls('STRICT'))
    await until(async () => (await outside()).service === 0, 5_000)
    assert.deepEqual(await outside(), { service: 0, denied: 0, other: 0, tcp: '' })
    assert.match(String((await web()).headers['x-caller']), identity)
    assert.equal(await client.tcp(clusterIp.echo, 9000, 'hello', 5), 'HELLO')
  })

  await t.test('what is sent to the capturing ports themselves ends there', async () => {
    const before = await sumOf(server, /^listener\.0\.0\.0\.0_150(01|06)\.downstream_cx_total$/)
    const host = network.address('server')
    assert.equal(await hub.tcp(host, 15006, 'hello', 5), '')
    assert.equal(await hub.tcp(host, 15001, 'hello', 5), '')
    assert.equal((await hub.http({ host, port: 15006 })).status, 0)
    const after = await sumOf(server, /^listener\.0\.0\.0\.0_150(01|06)\.downstream_cx_total$/)
    assert.ok(after - before <= 3, `${after - before} connections out of 3: it calls itself`)
  })

  await t.test('REGISTRY_ONLY refuses what nobody knows, and nothing else', async () => {
    mesh.put('sidecar.yaml', registryOnly)
    const address = network.address('hub')
    const unknown = (port: number) => client.http({ host: address, port, headers: { host: 'unknown.example' } })
    await until(async () => (await unknown(8000)).status === 0, 5_000)
    await until(async () => (await unknown(80)).status === 502, 5_000)
    assert.equal(await client.tcp('10.77.0.1', 7777, 'hello', 5), '')
    assert.equal((await web()).status, 200)
    assert.equal(await client.tcp(clusterIp.greeter, 9001, '', 7), 'welcome')
  })

  for (const name of ['client', 'server']) assert.deepEqual(envoyLog(mesh.agent(name)), [], name)
})

interface CapturedMesh {
  put(file: string, yaml: string): void
  /** Resolves when the agent is ready, as `application` beside it sees it. */
  join(name: string, application: RemoteApplication): Promise<void>
  agent(name: string): Started
}

/** The daemon in `hub`, agents of the group that is not captured. */
async function startCapturedMesh(t: TestContext, network: Network): Promise<CapturedMesh> {
  const folder = temporaryFolder(t)
  const config = path.join(folder, 'config')
  const data = path.join(folder, 'data')
  mkdirSync(config)
  const put = (file: string, yaml: string): void => {
    writeFileSync(path.join(folder, file), yaml)
    renameSync(path.join(folder, file), path.join(config, file))
  }
  put('registry.yaml', registry(network))
  put('mode.yaml', mutualTls('PERMISSIVE'))
  put('policy.yaml', noAdmin)
  const command = (...args: readonly string[]): readonly [string, ...string[]] => [process.execPath, launcher, ...args]
  const server = `${network.address('hub')}:15012`
  const daemon = network.start(
    t,
    'hub',
    command('serve', '--config', config, '--data', data, '--secure-address', server),
  )
  await until(() => daemon.output().stderr.includes('"msg":"serving"'), 20_000).catch(() => {
    throw new Error(`the daemon does not serve:\n${daemon.output().stderr}`)
  })
  const agents = new Map<string, Started>()
  const join = async (name: string, application: RemoteApplication): Promise<void> => {
    const identity = ['--namespace', 'shop', '--service-account', name]
    const { stdout } = await network.start(t, 'hub', command('token', 'create', ...identity, '--data', data)).ended
    const agent = network.start(
      t,
      name,
      [
        ...(['setpriv', `--regid=${proxyGroup}`, '--clear-groups'] as const),
        ...command('agent', '--server', server, '--state', path.join(folder, name), ...identity, '--name', name),
        ...['--ip', network.address(name), '--label', `app=${name}`, '--concurrency', '1', '--drain', '0s'],
      ],
      { MESHWRIGHT_AGENT_TOKEN: stdout.trim() },
    )
    agents.set(name, agent)
    atEnd(t, async () => {
      agent.child.kill('SIGTERM')
      await agent.ended
    })
    const ready = { host: '127.0.0.1', port: 15020, path: '/healthz/ready' }
    await until(async () => (await application.http(ready)).status === 200, 20_000).catch(() => {
      throw new Error(`the agent of ${name} is not ready:\n${agent.output().stderr.slice(-4000)}`)
    })
  }
  return { put, join, agent: name => agents.get(name) ?? assert.fail(name) }
}

async function sumOf(application: RemoteApplication, pattern: RegExp): Promise<number> {
  const { body } = await application.http({ host: '127.0.0.1', port: 15000, path: '/stats' })
  return body
    .split('\n')
    .map(line => line.split(': '))
    .filter(([name = '']) => pattern.test(name))
    .reduce((sum, [, value]) => sum + Number(value), 0)
}
