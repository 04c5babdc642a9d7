import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { loadProtos } from '../platform/protobuf.ts'
import { typeUrls } from '../xds/type-rules.ts'
import { type Agent, createAgent } from './agent.ts'
import type { AgentOptions } from './agent-options.ts'
import { defaultEnvoyCache } from './envoy/install.ts'
import { locateEnvoy } from './envoy/locate.ts'
import { type DaemonOnTls, startDaemonOnTls, testServerName } from './testing/daemon.ts'

/** Loopback addresses that other runs on this machine are unlikely to use. */
const host = (last: number): string => `127.${20 + (process.pid % 200)}.${(process.pid >> 8) % 250}.${last}`

let folder: string
let daemon: DaemonOnTls
let isEnvoyThere: boolean
before(async () => {
  const environment = process.env
  const cacheDirectory = defaultEnvoyCache(environment)
  isEnvoyThere = (await locateEnvoy({ envoyPath: environment.ENVOY_PATH, cacheDirectory, environment })) !== undefined
  folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-agent-'))
  daemon = await startDaemonOnTls()
})
after(async () => {
  await daemon.stop()
  await rm(folder, { recursive: true, force: true })
})

function optionsFor(name: string, ip: string): AgentOptions {
  return {
    server: { host: '127.0.0.1', port: daemon.port },
    serverName: testServerName,
    credential: { kind: 'token', text: daemon.token(name) },
    certificateDirectory: undefined,
    stateDirectory: path.join(folder, name),
    namespace: 'photo',
    serviceAccount: undefined,
    workloadName: undefined,
    ips: [ip],
    labels: { app: name },
    interceptionMode: 'NONE',
    clusterId: 'Kubernetes',
    network: '',
    locality: undefined,
    extraMetadata: {},
    statusAddress: { host: ip, port: 15020 },
    envoyAdminAddress: { host: ip, port: 15000 },
    healthAddress: { host: ip, port: 15021 },
    prometheusAddress: undefined,
    envoyPath: process.env.ENVOY_PATH,
    envoyConcurrency: 1,
    maxDownstreamConnections: 1_000,
    logLevel: 'silent',
    xdsVariant: 'delta',
    certificateTtlMs: 3_600_000,
    keyKind: 'ec-p256',
    drainMs: 0,
  }
}

const newAgent = (options: AgentOptions): Agent =>
  createAgent(options, { clock: systemClock, log: silentLog, random: Math.random })

/** Envoy's messages, of which the agent itself knows none. */
const root = loadProtos([
  'envoy/config/listener/v3/listener.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
])
const encode = (name: string, message: object): Uint8Array => {
  const type = root.lookupType(name)
  return type.encode(type.fromObject(message)).finish()
}
const any = (name: string, message: object) => ({
  type_url: `type.googleapis.com/${name}`,
  value: encode(name, message),
})
const extensions = 'envoy.extensions'

/** A TLS listener that answers every request with 200, its certificate from the agent. */
function listener(ip: string): Uint8Array {
  const grpc = { envoyGrpc: { clusterName: 'sds-grpc' } }
  const sdsConfig = {
    apiConfigSource: { apiType: 'GRPC', transportApiVersion: 'V3', grpcServices: [grpc] },
    resourceApiVersion: 'V3',
  }
  const tls = {
    commonTlsContext: { tlsCertificateSdsSecretConfigs: [{ name: 'default', sdsConfig }], alpnProtocols: ['http/1.1'] },
  }
  const manager = {
    statPrefix: 'test',
    routeConfig: {
      virtualHosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, directResponse: { status: 200 } }] },
      ],
    },
    httpFilters: [
      { name: 'envoy.filters.http.router', typedConfig: any(`${extensions}.filters.http.router.v3.Router`, {}) },
    ],
  }
  return encode('envoy.config.listener.v3.Listener', {
    name: ip,
    address: { socketAddress: { address: ip, portValue: 8443 } },
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typedConfig: any(`${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`, manager),
          },
        ],
        transportSocket: {
          name: 'envoy.transport_sockets.tls',
          typedConfig: any(`${extensions}.transport_sockets.tls.v3.DownstreamTlsContext`, tls),
        },
      },
    ],
  })
}

/** The certificate that is presented there, after a request was answered with 200 on the connection. */
function call(ip: string): Promise<DetailedPeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port: 8443, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed without an answer')))
    socket.once('secureConnect', () => socket.write(`GET / HTTP/1.1\r\nhost: ${ip}\r\n\r\n`))
    socket.once('data', data => {
      if (!data.toString().startsWith('HTTP/1.1 200')) reject(new Error(data.toString()))
      resolve(socket.getPeerCertificate(true))
      socket.destroy()
    })
  })
}

async function until(condition: () => Promise<boolean>, limitMs = 20_000): Promise<number> {
  const startedMs = performance.now()
  while (!(await condition().catch(() => false))) {
    assert.ok(performance.now() - startedMs < limitMs, 'it did not happen in time')
    await sleep(20)
  }
  return performance.now() - startedMs
}

const status = async (ip: string, port: number): Promise<number> =>
  (await fetch(`http://${ip}:${port}/healthz/ready`, { headers: { connection: 'close' } })).status

test('an agent serves through its Envoy, renews without a failed request, and comes back from a killed Envoy', async t => {
  if (!isEnvoyThere) return t.skip('there is no Envoy')
  const ip = host(1)
  daemon.put(typeUrls.listener, ip, listener(ip))
  const options = optionsFor('web', ip)
  const agent = newAgent(options)
  try {
    const running = await agent.start()
    assert.equal(running.spiffeId, 'spiffe://cluster.local/ns/photo/sa/web')
    await until(async () => (await status(ip, 15021)) === 200)
    const first = await call(ip)
    assert.equal(first.subjectaltname, 'URI:spiffe://cluster.local/ns/photo/sa/web')

    const signed = daemon.signed
    agent.renewNow()
    let failed = 0
    let after = 0
    await until(async () => {
      const { serialNumber } = await call(ip).catch(() => ({ serialNumber: undefined }))
      if (serialNumber === undefined) failed += 1
      else if (serialNumber !== first.serialNumber) after += 1
      return after === 20
    })
    assert.equal(failed, 0)
    assert.equal(daemon.signed, signed + 1)
    assert.equal(daemon.peers.at(-1)?.certificate?.serialNumber, first.serialNumber)

    const record = path.join(options.stateDirectory, 'envoy-process.json')
    const { pid } = JSON.parse(await readFile(record, 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await until(async () => (await call(ip)) !== undefined)
    const metrics = await (await fetch(`http://${ip}:15020/stats/prometheus`)).text()
    assert.match(metrics, /^envoy_restarts_total 1$/m)
    assert.match(metrics, /^envoy_server_live\{\} 1$/m)
  } finally {
    await agent.stop()
    daemon.put(typeUrls.listener, ip, undefined)
  }
  await assert.rejects(call(ip), { code: 'ECONNREFUSED' })
  await assert.rejects(status(ip, 15020))
})

test('started while the daemon is away, it serves what it last had, and is told apart from its neighbour', async t => {
  if (!isEnvoyThere) return t.skip('there is no Envoy')
  const hosts = [host(2), host(3)]
  const options = hosts.map((ip, index) => optionsFor(`api-${index}`, ip))
  for (const ip of hosts) daemon.put(typeUrls.listener, ip, listener(ip))
  // Each Envoy is sent both listeners; on addresses of one machine only one Envoy can have each.
  const [one, two] = hosts
  assert.ok(one !== undefined && two !== undefined)
  daemon.put(typeUrls.listener, two, undefined)
  const agents = [newAgent(options[0] ?? assert.fail()), newAgent(options[1] ?? assert.fail())]
  try {
    for (const agent of agents) await agent.start()
    await until(async () => (await status(one, 15020)) === 200 && (await status(two, 15020)) === 200)
    // Each status and health address answers for its own Envoy alone.
    await agents[1]?.stop()
    await assert.rejects(status(two, 15021))
    assert.equal(await status(one, 15021), 200)
    await agents[0]?.stop()
    await daemon.stop()
    const again = newAgent({ ...(options[0] ?? assert.fail()), credential: { kind: 'none' } })
    agents.push(again)
    await again.start()
    await until(async () => (await status(one, 15020)) === 200)
    assert.equal((await call(one)).subjectaltname, 'URI:spiffe://cluster.local/ns/photo/sa/api-0')
    await daemon.restart()
    await until(async () => [...daemon.ads.sessions()].length === 1)
    await call(one)
  } finally {
    for (const agent of agents) await agent.stop()
  }
})

test('an agent that is told to stop before it has a certificate ends at once and frees what it had', async t => {
  if (!isEnvoyThere) return t.skip('there is no Envoy')
  const silent = createServer(() => undefined)
  await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const options = { ...optionsFor('store', host(4)), server: { host: '127.0.0.1', port } }
  const agent = newAgent(options)
  const started = agent.start()
  const failed = assert.rejects(started)
  await until(async () => (await status(host(4), 15020)) === 503)
  const startedMs = performance.now()
  await agent.stop()
  assert.ok(performance.now() - startedMs < 1_000)
  await failed
  const next = newAgent(options)
  const refused = assert.rejects(next.start(AbortSignal.timeout(500)))
  await refused
  silent.close()
})
