/** A mesh for a test: the real daemon, and for each workload the real agent with a real Envoy, on loopback addresses of the test's own. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import type { TestContext } from 'node:test'
import {
  type RunningDaemon,
  runCommand,
  type Started,
  start,
  startDaemon,
  temporaryFolder,
  until,
} from './processes.ts'

export interface WorkloadSpec {
  readonly name: string
  readonly ip: string
  readonly xds?: 'delta' | 'sotw'
  readonly serviceAccount?: string
}

export interface TestMesh {
  readonly daemon: RunningDaemon
  readonly folder: string
  /** Writes a file of the configuration by rename. */
  put(file: string, yaml: string): void
  remove(file: string): void
  agent(name: string): Started
  /** Starts the agent of a workload and waits until it is ready. */
  join(workload: WorkloadSpec): Promise<void>
}

export const testNamespace = 'test'

/** Label `app` and, unless given, the service account are the workload's name. */
export async function startMesh(
  t: TestContext,
  config: Readonly<Record<string, string>>,
  workloads: readonly WorkloadSpec[],
): Promise<TestMesh> {
  const folder = temporaryFolder(t)
  const configFolder = path.join(folder, 'config')
  mkdirSync(configFolder)
  const put = (file: string, yaml: string): void => {
    // A dot file is not configuration until it has its name.
    writeFileSync(path.join(folder, file), yaml)
    renameSync(path.join(folder, file), path.join(configFolder, file))
  }
  for (const [file, yaml] of Object.entries(config)) put(file, yaml)
  const daemon = await startDaemon(t, { config: configFolder, data: path.join(folder, 'data') })
  const agents = new Map<string, Started>()
  const join = async (workload: WorkloadSpec): Promise<void> => {
    agents.set(workload.name, await startAgent(t, { workload, daemon, folder }))
  }
  await Promise.all(workloads.map(join))
  return {
    daemon,
    folder,
    put,
    remove: file => rmSync(path.join(configFolder, file)),
    agent(name) {
      const agent = agents.get(name)
      if (agent === undefined) throw new Error(`no agent ${name}`)
      return agent
    },
    join,
  }
}

interface AgentStart {
  readonly workload: WorkloadSpec
  readonly daemon: RunningDaemon
  readonly folder: string
}

async function startAgent(t: TestContext, { workload, daemon, folder }: AgentStart): Promise<Started> {
  const { name, ip, serviceAccount = name, xds = 'delta' } = workload
  const identity = ['--namespace', testNamespace, '--service-account', serviceAccount]
  const { stdout: token } = await runCommand(t, 'token', 'create', ...identity, '--data', daemon.data)
  const agent = start(
    t,
    [
      ...[
        'agent',
        '--server',
        `127.0.0.1:${daemon.ports.secure}`,
        '--state',
        path.join(folder, 'state', name),
        ...identity,
      ],
      ...[
        '--name',
        name,
        '--ip',
        ip,
        '--label',
        `app=${name}`,
        '--interception-mode',
        'NONE',
        '--concurrency',
        '1',
        '--drain',
        '0s',
        '--xds',
        xds,
      ],
      ...['--status-address', `${ip}:15020`, '--envoy-admin-address', `${ip}:15000`],
    ],
    { MESHWRIGHT_AGENT_TOKEN: token.trim() },
  )
  // An agent ends its Envoy when it is told to; one that is killed would leave it behind.
  t.after(async () => {
    agent.child.kill('SIGTERM')
    await agent.ended
  })
  const ready = async (): Promise<boolean> =>
    (await call({ host: ip, port: 15020, path: '/healthz/ready' })).status === 200
  await until(ready, 20_000).catch(() => {
    throw new Error(`the agent of ${name} is not ready:\n${agent.output().stderr.slice(-4000)}`)
  })
  return agent
}

export interface CallResult {
  /** 0 when there was no HTTP answer. */
  readonly status: number
  readonly body: string
  readonly headers: http.IncomingHttpHeaders
  readonly fault: string
}

export interface CallTarget {
  readonly host: string
  readonly port: number
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: http.Agent
}

export function call(target: CallTarget): Promise<CallResult> {
  return new Promise(resolve => {
    const { agent = false, headers = {}, ...where } = target
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ status: 0, body: '', headers: {}, fault: error.code ?? error.message })
    const request = http.request({ path: '/', ...where, agent, headers, timeout: 10_000 }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', failed)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
          fault: '',
        }),
      )
    })
    request.on('timeout', () => request.destroy(new Error('timeout')))
    request.on('error', failed)
    request.end()
  })
}

/** Counters and gauges of the Envoy at `ip`, by name. */
export async function envoyStats(ip: string): Promise<ReadonlyMap<string, number>> {
  const { body } = await call({ host: ip, port: 15000, path: '/stats' })
  return new Map(
    body.split('\n').flatMap(line => {
      const [name = '', value = ''] = line.split(': ')
      return /^\d+$/.test(value) ? [[name, Number(value)] as const] : []
    }),
  )
}

/** An application that answers its name and says who called; ends with the test. */
export async function startApplication(t: TestContext, name: string, host: string, port: number): Promise<void> {
  const server = http.createServer((request, response) => {
    response.setHeader('x-caller', String(request.headers['x-forwarded-client-cert'] ?? ''))
    response.end(name)
  })
  server.keepAliveTimeout = 600_000
  await new Promise<void>(resolve => server.listen(port, host, resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
}

/** A service of one workload behind its own Envoy: inbound at IP:18080, the application at IP:19080. */
export function servedWorkload(name: string, ip: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: ${testNamespace} }
spec:
  hosts: [${name}.test.internal]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 18080 }]
  workloadSelector: { labels: { app: ${name} } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: ${name}, namespace: ${testNamespace}, labels: { app: ${name} } }
spec: { address: ${ip}, serviceAccount: ${name}, labels: { app: ${name} } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${name}, namespace: ${testNamespace} }
spec:
  workloadSelector: { labels: { app: ${name} } }
  ingress: [{ port: { number: 18080, name: http, protocol: HTTP }, bind: ${ip}, defaultEndpoint: "0.0.0.0:19080" }]
  egress: [{ hosts: ["~/*"] }]
`
}

/** A workload that calls every service of the namespace through IP:18081. */
export function callingWorkload(name: string, ip: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${name}, namespace: ${testNamespace} }
spec:
  workloadSelector: { labels: { app: ${name} } }
  egress: [{ port: { number: 18081, name: http, protocol: HTTP }, bind: ${ip}, hosts: ["./*"] }]
`
}

export const strictMutualTls = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: ${testNamespace} }
spec: { mtls: { mode: STRICT } }
`
