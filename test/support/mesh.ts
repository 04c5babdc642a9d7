/** A mesh for a test: the real daemon, and for each workload the real agent with a real Envoy, on loopback addresses of the test's own. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { createToken, launchAgent, testNamespace, type WorkloadSpec } from './agents.ts'
import { type RunningDaemon, type Started, startDaemon, temporaryFolder, until } from './processes.ts'

export interface MeshSettings {
  /** The text of a MeshConfig file. */
  readonly meshConfig?: string
  /** The text of the authority's settings. */
  readonly caConfig?: string
  /** Further flags of the daemon. */
  readonly serve?: readonly string[]
}

export interface TestMesh {
  readonly daemon: RunningDaemon
  readonly folder: string
  /** Writes a file of the configuration by rename. */
  put(file: string, yaml: string): void
  remove(file: string): void
  /** Only for a mesh that began with such a file. */
  putMeshConfig(yaml: string): void
  /** The one that was started last for the workload of this name. */
  agent(name: string): Started
  /** Starts the agent of a workload and waits until it is ready. */
  join(workload: WorkloadSpec): Promise<void>
  /** The same with the identity that an earlier run left on disk. */
  rejoin(workload: WorkloadSpec): Promise<void>
}

/** Label `app` and, unless given, the service account are the workload's name. */
export async function startMesh(
  t: TestContext,
  config: Readonly<Record<string, string>>,
  workloads: readonly WorkloadSpec[],
  { meshConfig, caConfig, serve = [] }: MeshSettings = {},
): Promise<TestMesh> {
  const folder = temporaryFolder(t)
  const configFolder = path.join(folder, 'config')
  mkdirSync(configFolder)
  const replace = (target: string, yaml: string): void => {
    writeFileSync(path.join(folder, 'unfinished'), yaml)
    renameSync(path.join(folder, 'unfinished'), target)
  }
  const put = (file: string, yaml: string): void => replace(path.join(configFolder, file), yaml)
  const meshConfigFile = path.join(folder, 'mesh-config.yaml')
  for (const [file, yaml] of Object.entries(config)) put(file, yaml)
  const args: string[] = [...serve]
  if (meshConfig !== undefined) {
    args.push('--mesh-config', meshConfigFile)
    replace(meshConfigFile, meshConfig)
  }
  if (caConfig !== undefined) {
    const file = path.join(folder, 'ca-config.yaml')
    args.push('--ca-config', file)
    replace(file, caConfig)
  }
  const daemon = await startDaemon(t, { config: configFolder, data: path.join(folder, 'data'), args })
  const agents = new Map<string, Started>()
  const launch = async (workload: WorkloadSpec, token: string | undefined): Promise<void> => {
    const server = `127.0.0.1:${daemon.ports.secure}`
    const agent = launchAgent(t, workload, { server, state: path.join(folder, 'state', workload.name), token })
    agents.set(workload.name, agent)
    const ready = async (): Promise<boolean> =>
      (await call({ host: workload.ip, port: 15020, path: '/healthz/ready' })).status === 200
    // Were it to end at once, another agent at its address could answer in its place.
    const ended = agent.ended.then(({ code }) => {
      throw new Error(`it ended with ${code}`)
    })
    await Promise.race([until(ready, 20_000), ended]).catch((error: Error) => {
      const { stderr } = agent.output()
      throw new Error(`the agent of ${workload.name} is not ready: ${error.message}\n${stderr.slice(-4000)}`)
    })
  }
  const join = async (workload: WorkloadSpec): Promise<void> =>
    launch(workload, await createToken(t, workload, daemon.data))
  await Promise.all(workloads.map(join))
  return {
    daemon,
    folder,
    put,
    putMeshConfig: yaml => replace(meshConfigFile, yaml),
    remove: file => rmSync(path.join(configFolder, file)),
    agent(name) {
      const agent = agents.get(name)
      if (agent === undefined) throw new Error(`no agent ${name}`)
      return agent
    },
    join,
    rejoin: workload => launch(workload, undefined),
  }
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

/**
 * An application that answers its name and says who called, at `/endless` a dot each tenth of a second; ends with the test.
 */
export async function startApplication(
  t: Pick<TestContext, 'after'>,
  name: string,
  host: string,
  port: number,
): Promise<void> {
  const server = http.createServer((request, response) => {
    response.setHeader('x-caller', String(request.headers['x-forwarded-client-cert'] ?? ''))
    if (request.url !== '/endless') {
      response.end(name)
      return
    }
    const timer = setInterval(() => response.write('.'), 100)
    response.on('close', () => clearInterval(timer))
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
