/** A real Envoy that takes its configuration from tables written by hand, with servers behind it that answer a word. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultEnvoyCache } from '../../src/agent/envoy/install.ts'
import { locateEnvoy } from '../../src/agent/envoy/locate.ts'
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { encodedResource } from '../../src/platform/encoded-resource.ts'
import { silentLog } from '../../src/platform/log.ts'
import { any, encodeMessage, type Plain } from '../../src/translate/envoy-messages.ts'
import { type AdsServer, createAdsServer } from '../../src/xds/ads-server.ts'
import type { XdsVariant } from '../../src/xds/table-set.ts'
import { TestDirectory } from '../../src/xds/testing/test-directory.ts'
import { typeUrls } from '../../src/xds/type-rules.ts'

const { cluster, endpoint, listener, route, virtualHost } = typeUrls

export function edsCluster(name: string, connectTimeoutSeconds = 5): Plain {
  return {
    name,
    type: 'EDS',
    connectTimeout: { seconds: connectTimeoutSeconds },
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
  }
}

export function assignment(clusterName: string, port: number): Plain {
  const address = { socketAddress: { address: '127.0.0.1', portValue: port } }
  return { clusterName, endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }] }
}

export function httpListener(name: string, port: number, routeConfigName: string, variant: XdsVariant): Plain {
  const typedConfig = any('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    statPrefix: name,
    rds: { routeConfigName, configSource: { ads: {}, resourceApiVersion: 'V3', initialFetchTimeout: { seconds: 5 } } },
    httpFilters: [
      {
        name: 'envoy.filters.http.router',
        typedConfig: any('envoy.extensions.filters.http.router.v3.Router', {
          suppressEnvoyHeaders: variant === 'delta',
        }),
      },
    ],
  })
  return {
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: port } },
    filterChains: [{ filters: [{ name: 'hcm', typedConfig }] }],
  }
}

export class EnvoyOnTables {
  readonly #variant: XdsVariant
  readonly directory = new TestDirectory()
  readonly ads: AdsServer = createAdsServer({
    directory: this.directory,
    log: silentLog,
    clock: systemClock,
    settleMs: 500,
  })
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'meshwright-envoy-xds-'))
  readonly #ports = new Map<string, number>()
  readonly #backends = new Map<string, http.Server>()
  #server: GrpcServer | undefined
  #kill: (() => Promise<void>) | undefined
  #log = ''

  constructor(variant: XdsVariant) {
    this.#variant = variant
  }

  async start(): Promise<void> {
    const located = await locateEnvoy({
      envoyPath: process.env.ENVOY_PATH,
      cacheDirectory: defaultEnvoyCache(process.env),
      environment: process.env,
    })
    assert.ok(located !== undefined, 'no Envoy: run `meshwright envoy install` or set ENVOY_PATH')
    for (const name of ['l80', 'l90', 'l95', 'l96']) this.#ports.set(name, await freePort())
    for (const text of ['A', 'B', 'B2', 'C', 'Bad']) await this.#startBackend(text)
    for (const type of [cluster, endpoint, listener, route, virtualHost]) this.directory.table(type)
    this.#server = createGrpcServer({
      listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      log: silentLog,
      clock: systemClock,
    })
    for (const method of this.ads.methods) this.#server.register(method)
    const address = await this.#server.start()
    assert.ok('port' in address)
    const file = path.join(this.#folder, 'bootstrap.json')
    writeFileSync(file, JSON.stringify(bootstrap(this.#variant, address.port)))
    const child = spawn(located.path, [
      '-c',
      file,
      '--use-dynamic-base-id',
      '--concurrency',
      '1',
      '--log-level',
      'warning',
    ])
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString()
    })
    const ended = new Promise<void>(resolve => child.on('exit', () => resolve()))
    this.#kill = async () => {
      child.kill('SIGKILL')
      await ended
    }
  }

  async stop(): Promise<void> {
    await this.#kill?.()
    await this.#server?.stop()
    for (const backend of this.#backends.values()) {
      backend.closeAllConnections()
      backend.close()
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  port(name: string): number {
    return this.#ports.get(name) ?? assert.fail(`no port ${name}`)
  }

  /** The port of a server that answers `text`. */
  backend(text: string): number {
    const server = this.#backends.get(text) ?? assert.fail(`no backend ${text}`)
    return (server.address() as AddressInfo).port
  }

  put(typeUrl: string, name: string, plain: Plain | undefined): void {
    const type = typeUrl.slice(typeUrl.indexOf('/') + 1)
    const resource = plain === undefined ? undefined : encodedResource(typeUrl, name, encodeMessage(type, plain))
    this.directory.table(typeUrl).apply([{ name, resource }])
  }

  /** Host name → cluster. Over delta each host is a resource of its own. */
  putHosts(routeName: string, hosts: Readonly<Record<string, string>>, extra: Plain = {}): void {
    const table = this.directory.table(virtualHost)
    const name = (host: string): string => (this.#variant === 'delta' ? `${routeName}/${host}` : host)
    const built = Object.entries(hosts).map(([host, target]) => ({
      name: name(host),
      domains: [host, `${host}:*`],
      routes: [{ match: { prefix: '/' }, route: { cluster: target } }],
    }))
    if (this.#variant === 'delta') {
      const old = [...table.names()].filter(key => key.startsWith(`${routeName}/`))
      for (const key of old) if (!built.some(host => host.name === key)) this.put(virtualHost, key, undefined)
      for (const host of built) this.put(virtualHost, host.name, host)
      const vhds = { configSource: { ads: {}, resourceApiVersion: 'V3' } }
      this.put(route, routeName, { name: routeName, vhds, ...extra })
    } else this.put(route, routeName, { name: routeName, virtualHosts: built, ...extra })
  }

  held(typeUrl: string): ReadonlyMap<string, string> {
    const [session] = this.ads.sessions()
    return session?.types.find(type => type.typeUrl === typeUrl)?.held() ?? new Map()
  }

  nacks(): string[] {
    return [...this.ads.sessions()].flatMap(({ types }) => types.flatMap(({ lastNack }) => lastNack?.message ?? []))
  }

  /** Envoy has acknowledged all there is, and nothing is held back any more. */
  async settled(): Promise<void> {
    const isSettled = (): boolean => {
      const [session] = this.ads.sessions()
      return (
        session?.types.every(({ typeUrl, isUnacked, held }) => {
          const table = this.directory.table(typeUrl)
          return !isUnacked && [...held()].every(([name, version]) => table.get(name)?.version === version)
        }) === true
      )
    }
    await until(
      () => isSettled(),
      () => this.describe(),
    )
  }

  describe(): string {
    const state = [...this.ads.sessions()].map(({ types }) =>
      types.map(({ held, ...type }) => ({ ...type, held: [...held()] })),
    )
    return `${JSON.stringify(state, undefined, 1)}\n${this.#log}`
  }

  get(listenerName: string, host: string): Promise<string> {
    const options = { host: '127.0.0.1', port: this.port(listenerName), headers: { host }, agent: false }
    return new Promise((resolve, reject) => {
      const request = http.get(options, response => {
        let body = ''
        response.on('data', chunk => {
          body += chunk
        })
        response.on('end', () => resolve(`${response.statusCode} ${body}`))
      })
      request.on('error', reject)
    })
  }

  async eventually(listenerName: string, host: string, expected: string): Promise<void> {
    let last = ''
    await until(
      async () => {
        last = await this.get(listenerName, host).catch(error => String(error))
        return last === expected
      },
      () => `${host} answers ${last}\n${this.describe()}`,
    )
  }

  /** Requests one after the other until stopped; counts the answers. */
  traffic(listenerName: string, host: string): { stop(): Promise<{ answers: Record<string, number> }> } {
    const answers: Record<string, number> = {}
    let isStopped = false
    const loop = (async () => {
      while (!isStopped) {
        const answer = await this.get(listenerName, host).catch(error => String(error))
        answers[answer] = (answers[answer] ?? 0) + 1
      }
    })()
    return {
      stop: async () => {
        isStopped = true
        await loop
        return { answers }
      },
    }
  }

  async #startBackend(text: string): Promise<void> {
    const server = http.createServer((_request, response) => response.end(text))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    this.#backends.set(text, server)
  }
}

function bootstrap(variant: XdsVariant, port: number): unknown {
  const ads = { ads: {}, resourceApiVersion: 'V3' }
  return {
    node: { id: 'sidecar~127.0.0.1~web-1.photos~photos.svc.cluster.local', cluster: 'web.photos' },
    dynamicResources: {
      ldsConfig: ads,
      cdsConfig: ads,
      adsConfig: {
        apiType: variant === 'delta' ? 'DELTA_GRPC' : 'GRPC',
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ envoyGrpc: { clusterName: 'xds' } }],
      },
    },
    staticResources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          connectTimeout: '1s',
          typedExtensionProtocolOptions: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicitHttpConfig: { http2ProtocolOptions: {} },
            },
          },
          loadAssignment: assignment('xds', port),
        },
      ],
    },
  }
}

async function freePort(): Promise<number> {
  const server = http.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => server.close(() => resolve()))
  return port
}

export async function until(condition: () => boolean | Promise<boolean>, describe = () => ''): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > deadline) assert.fail(`it did not happen\n${describe()}`)
    await sleep(5)
  }
}
