/** Run by captured-traffic.test.ts in a network namespace of its own. User 1000 is captured; everybody else is not. */

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCommand, start, startDaemon, temporaryFolder, until } from '../support/processes.ts'

const client = '10.0.0.11'
const server = '10.0.0.22'
const stranger = '10.7.7.7'
const captured = 1000

const configuration = `
apiVersion: v1
kind: Service
metadata: { name: store, namespace: shop }
spec:
  clusterIP: 10.96.0.10
  ports:
    - { name: http, port: 80, targetPort: 8080 }
    - { name: tcp-plain, port: 9000, targetPort: 8080 }
    - { name: sniffed, port: 7000, targetPort: 8080 }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: store-a, namespace: shop, labels: { kubernetes.io/service-name: store } }
addressType: IPv4
ports: [{ name: http, port: 8080 }, { name: tcp-plain, port: 8080 }, { name: sniffed, port: 8080 }]
endpoints: [{ addresses: [${server}] }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: secret, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/secret], ports: ["8080"] } }] }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: store, namespace: shop }
spec: { selector: { matchLabels: { app: store } }, portLevelMtls: { "8082": { mode: STRICT } } }
`

test('outbound', async t => {
  await startNetwork(t)
  await startMeshOf(t, 'client', client)
  capture(15001)
  for (const host of ['store', 'store.shop', 'store.shop.svc:80', 'store.shop.svc.cluster.local', '10.96.0.10']) {
    assert.deepEqual(await get('http://10.96.0.10/', host), { status: 200, body: `8080 ${host} attempt 1` })
  }
  const plain = await get('http://10.96.0.10:9000/')
  assert.deepEqual(
    plain,
    { status: 200, body: '8080 10.96.0.10:9000 attempt undefined' },
    'TCP is passed on as it comes',
  )
  const sniffed = await get('http://10.96.0.10:7000/')
  assert.deepEqual(sniffed, { status: 200, body: '8080 10.96.0.10:7000 attempt 1' }, 'HTTP is seen on a sniffed port')
  const beyond = await get(`http://${stranger}:8081/`)
  assert.deepEqual(beyond, { status: 200, body: `8081 ${stranger}:8081 attempt undefined` }, 'the rest passes through')
})

test('inbound', async t => {
  await startNetwork(t)
  await startMeshOf(t, 'store', server)
  capture(15006)
  assert.equal((await get(`http://${server}:8080/`)).status, 200)
  assert.equal((await get(`http://${server}:8080/secret`)).status, 403)
  assert.equal((await get(`http://${server}:8081/secret`)).status, 200, 'a port of no service passes through')
  assert.equal((await get(`http://${server}:8082/`)).status, 0, 'plaintext is refused where a port is strict')
  assert.equal((await get(`http://${server}:15006/`)).status, 0, 'the capturing port itself leads nowhere')
})

/** Addresses and applications; what is captured is let go when the test ends. */
async function startNetwork(t: TestContext): Promise<void> {
  run('ip', 'link', 'set', 'lo', 'up')
  for (const address of [client, server, stranger]) run('ip', 'addr', 'replace', `${address}/32`, 'dev', 'lo')
  run('ip', 'route', 'replace', 'default', 'dev', 'lo')
  t.after(() => run('iptables', '-t', 'nat', '-F'))
  for (const port of [8080, 8081, 8082]) {
    const application = http.createServer(({ headers }, response) => {
      response.end(`${port} ${headers.host} attempt ${headers['x-envoy-attempt-count']}`)
    })
    await once(application.listen(port), 'listening')
    t.after(() => application.close())
  }
}

const capture = (port: number): void =>
  run(
    ...['iptables', '-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '-m', 'owner', '--uid-owner', String(captured)],
    ...['-j', 'REDIRECT', '--to-ports', String(port)],
  )

function run(...[command = '', ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`)
}

async function startMeshOf(t: TestContext, name: string, ip: string): Promise<void> {
  const folder = temporaryFolder(t)
  const config = path.join(folder, 'config')
  mkdirSync(config)
  writeFileSync(path.join(config, 'all.yaml'), configuration)
  const daemon = await startDaemon(t, { config, data: path.join(folder, 'data') })
  const identity = ['--namespace', 'shop', '--service-account', name]
  const token = await runCommand(t, 'token', 'create', ...identity, '--data', daemon.data)
  const agent = start(
    t,
    [
      ...['agent', '--server', `127.0.0.1:${daemon.ports.secure}`, '--state', path.join(folder, 'state'), ...identity],
      ...['--name', name, '--ip', ip, '--label', `app=${name}`, '--interception-mode', 'REDIRECT'],
      ...['--concurrency', '1', '--status-address', '127.0.0.9:15020', '--envoy-admin-address', '127.0.0.9:15000'],
    ],
    { MESHWRIGHT_AGENT_TOKEN: token.stdout.trim() },
  )
  // An agent ends its Envoy when it is told to; one that is killed would leave it behind.
  t.after(async () => {
    agent.child.kill('SIGTERM')
    await agent.ended
  })
  const ready = async (): Promise<boolean> => {
    const response = await fetch('http://127.0.0.9:15020/healthz/ready').catch(() => undefined)
    return response?.status === 200
  }
  await until(ready, 20_000).catch(() => assert.fail(agent.output().stderr.slice(-4000)))
}

interface Answer {
  /** 0 when there was no HTTP answer. */
  readonly status: number
  readonly body: string
}

/** As the captured user. */
async function get(url: string, host = new URL(url).host): Promise<Answer> {
  const script = `
    const request = require('node:http').get(${JSON.stringify(url)}, { headers: { host: ${JSON.stringify(host)} }, timeout: 5000 }, response => {
      let body = ''
      response.on('data', chunk => (body += chunk)).on('end', () => console.log(JSON.stringify({ status: response.statusCode, body })))
    })
    request.on('timeout', () => request.destroy()).on('error', () => console.log('{"status":0,"body":""}'))`
  const child = spawn(process.execPath, ['-e', script], {
    uid: captured,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await once(child, 'close')
  return JSON.parse(output) as Answer
}
