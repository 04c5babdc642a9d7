import assert from 'node:assert/strict'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { silentLog } from '../platform/log.ts'
import { createEnvoyAdmin } from './envoy/admin-client.ts'
import { activeConnections, drainEnvoy } from './envoy/drain.ts'
import { createAgentMetrics } from './metrics.ts'
import { createStatusServer } from './status-server.ts'

interface Rig {
  readonly get: (path: string) => Promise<Response>
  readonly url: string
  /** What the stand-in for Envoy's admin answers; a path that is not there is 404. */
  readonly envoy: Map<string, { status: number; body: string }>
  readonly asked: string[]
  readonly obstacles: string[]
  readonly quits: number[]
  readonly adminPort: number
  stopEnvoy(): Promise<void>
}

async function withRig(use: (rig: Rig) => Promise<void>): Promise<void> {
  const envoy: Rig['envoy'] = new Map([
    ['/ready', { status: 200, body: 'LIVE\n' }],
    ['/stats/prometheus', { status: 200, body: 'envoy_server_live{} 1\n' }],
  ])
  const asked: string[] = []
  const admin = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    asked.push(`${request.method} ${request.url}`)
    const { status, body } = envoy.get(path) ?? { status: 404, body: '' }
    response.writeHead(status).end(body)
  })
  await new Promise<void>(resolve => admin.listen(0, '127.0.0.1', resolve))
  const adminPort = (admin.address() as AddressInfo).port
  const obstacles: string[] = []
  const quits: number[] = []
  const options = {
    address: { host: '127.0.0.1', port: 0 },
    admin: createEnvoyAdmin({ host: '127.0.0.1', port: adminPort }),
    metrics: createAgentMetrics(() => 0),
    obstacles: () => obstacles,
    onQuit: () => quits.push(1),
    log: silentLog,
  }
  const server = createStatusServer(options)
  const { port } = await server.start()
  const url = `http://127.0.0.1:${port}`
  const stopEnvoy = (): Promise<void> =>
    new Promise(resolve => {
      admin.close(() => resolve())
      admin.closeAllConnections()
    })
  try {
    await use({ get: path => fetch(url + path), url, envoy, asked, obstacles, quits, adminPort, stopEnvoy })
  } finally {
    await server.stop()
    await stopEnvoy()
  }
}

test('ready is only who has Envoy live and no obstacle, and the reasons are told', () =>
  withRig(async ({ get, obstacles, envoy, stopEnvoy }) => {
    assert.equal((await get('/healthz/ready')).status, 200)
    obstacles.push('there is no certificate yet')
    envoy.set('/ready', { status: 503, body: 'PRE_INITIALIZING\n' })
    const unready = await get('/healthz/ready')
    assert.equal(unready.status, 503)
    assert.equal(await unready.text(), 'there is no certificate yet\nEnvoy is PRE_INITIALIZING\n')
    obstacles.pop()
    await stopEnvoy()
    assert.match(await (await get('/healthz/ready')).text(), /Envoy does not answer/)
  }))

test("metrics are the agent's and Envoy's, and without Envoy's the agent's with a count of the failure", () =>
  withRig(async ({ get, stopEnvoy }) => {
    const both = await (await get('/stats/prometheus')).text()
    assert.match(both, /^xds_proxy_requests 0$/m)
    assert.match(both, /^envoy_server_live\{\} 1$/m)
    await stopEnvoy()
    await get('/stats/prometheus')
    const own = await (await get('/stats/prometheus')).text()
    assert.match(own, /^scrape_failures_total\{type="envoy"\} 2$/m)
  }))

test('the request to end is obeyed from this machine, by POST, and not from a browser', () =>
  withRig(async ({ url, quits }) => {
    assert.equal((await fetch(`${url}/quitquitquit`)).status, 404)
    // fetch would not send the header that browsers add.
    const status = await new Promise(resolve => {
      const call = httpRequest(
        `${url}/quitquitquit`,
        { method: 'POST', headers: { origin: 'http://evil' } },
        response => resolve(response.statusCode),
      )
      call.end()
    })
    assert.equal(status, 403)
    assert.deepEqual(quits, [])
    assert.equal((await fetch(`${url}/quitquitquit`, { method: 'POST' })).status, 200)
    await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(quits, [1])
  }))

test('an address that another agent has is an error that says so', () =>
  withRig(async ({ url }) => {
    const taken = createStatusServer({
      address: { host: '127.0.0.1', port: Number(new URL(url).port) },
      admin: createEnvoyAdmin({ host: '127.0.0.1', port: 1 }),
      metrics: createAgentMetrics(() => 0),
      obstacles: () => [],
      onQuit: () => undefined,
      log: silentLog,
    })
    await assert.rejects(
      taken.start(),
      error => error instanceof MeshwrightError && error.code === 'AGENT_ADDRESS_UNAVAILABLE',
    )
  }))

test('connections of applications are counted, those of admin, health and threads are not', () => {
  const text = [
    'listener.127.0.1.1_8080.downstream_cx_active: 2',
    'listener.127.0.1.1_8080.worker_0.downstream_cx_active: 2',
    'listener.127.0.1.1_15021.downstream_cx_active: 1',
    'listener.admin.downstream_cx_active: 1',
    'listener.admin.main_thread.downstream_cx_active: 1',
    'listener.[__1]_8080.downstream_cx_active: 3',
  ].join('\n')
  assert.equal(activeConnections(text, ['admin', '127.0.1.1_15021']), 5)
})

test('a drain ends with the last connection, or with its time', () =>
  withRig(async ({ envoy, asked, adminPort, stopEnvoy }) => {
    const clock = new FakeClock()
    const options = {
      admin: createEnvoyAdmin({ host: '127.0.0.1', port: adminPort }),
      limitMs: 5_000,
      ignoredListeners: ['admin'],
      clock,
      log: silentLog,
    }
    const connections = (count: number): void => {
      envoy.set('/stats', { status: 200, body: `listener.127.0.0.1_80.downstream_cx_active: ${count}\n` })
    }
    const polled = async (times: number): Promise<void> => {
      while (asked.filter(line => line.startsWith('GET /stats')).length < times) {
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    }
    connections(1)
    const drained = drainEnvoy(options)
    await polled(1)
    connections(0)
    const turning = setInterval(() => clock.advance(100), 1)
    await drained
    assert.equal(asked[0], 'POST /drain_listeners?graceful&inboundonly')
    connections(1)
    const startedMs = clock.monotonicMs()
    await drainEnvoy(options)
    clearInterval(turning)
    assert.ok(clock.monotonicMs() - startedMs >= 5_000)
    await stopEnvoy()
    await drainEnvoy(options)
  }))
