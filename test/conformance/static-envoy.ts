/** An Envoy with listeners given in a file, to be validated or run: no control plane in sight. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { defaultEnvoyCache } from '../../src/agent/envoy/install.ts'
import { locateEnvoy } from '../../src/agent/envoy/locate.ts'

const types = 'type.googleapis.com/envoy.extensions'

export async function envoyPath(): Promise<string> {
  const located = await locateEnvoy({
    envoyPath: process.env.ENVOY_PATH,
    cacheDirectory: defaultEnvoyCache(process.env),
    environment: process.env,
  })
  if (located === undefined) throw new Error('no Envoy: run `meshwright envoy install` or set ENVOY_PATH')
  return located.path
}

export async function validateEnvoy(
  directory: string,
  listeners: readonly unknown[],
): Promise<{ readonly status: number | null; readonly log: string }> {
  const file = writeBootstrap(directory, listeners)
  const { status, stdout, stderr } = spawnSync(await envoyPath(), ['--mode', 'validate', '-c', file], {
    encoding: 'utf8',
  })
  return { status, log: stdout + stderr }
}

/** Free at the moment of asking. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as net.AddressInfo).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}

/** The caller ends the process. */
export async function runEnvoy(directory: string, listeners: readonly unknown[]): Promise<ChildProcess> {
  const file = writeBootstrap(directory, listeners)
  const args = ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error']
  return spawn(await envoyPath(), args, { stdio: 'inherit' })
}

function writeBootstrap(directory: string, listeners: readonly unknown[]): string {
  const file = path.join(directory, 'bootstrap.json')
  const grpc = (name: string) => ({ envoyGrpc: { clusterName: name } })
  const bootstrap = {
    node: { id: 'sidecar~10.0.0.1~a.b~b.svc.cluster.local', cluster: 'a.b' },
    dynamicResources: {
      adsConfig: { apiType: 'DELTA_GRPC', transportApiVersion: 'V3', grpcServices: [grpc('xds-grpc')] },
    },
    layeredRuntime: { layers: [{ name: 'static', staticLayer: { 're2.max_program_size.error_level': 32_768 } }] },
    staticResources: { clusters: [agentCluster('xds-grpc'), agentCluster('sds-grpc')], listeners },
  }
  writeFileSync(file, JSON.stringify(bootstrap))
  return file
}

const agentCluster = (name: string): unknown => ({
  name,
  type: 'STATIC',
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${types}.upstreams.http.v3.HttpProtocolOptions`,
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
  loadAssignment: {
    clusterName: name,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/nowhere' } } } }] }],
  },
})

/** One HTTP listener on loopback; `manager` adds fields to its connection manager. */
export function httpListener(
  port: number,
  routeConfig: unknown,
  filters: readonly unknown[],
  manager: Readonly<Record<string, unknown>> = {},
): unknown {
  const filter = (name: string, type: string): unknown => ({
    name: `envoy.filters.http.${name}`,
    typedConfig: { '@type': `${types}.filters.http.${type}` },
  })
  return networkListener(port, [
    {
      name: 'http',
      typedConfig: {
        '@type': `${types}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        statPrefix: 'test',
        internalAddressConfig: {},
        normalizePath: true,
        routeConfig,
        httpFilters: [
          ...filters,
          filter('fault', 'fault.v3.HTTPFault'),
          filter('cors', 'cors.v3.Cors'),
          filter('router', 'router.v3.Router'),
        ],
        ...manager,
      },
    },
  ])
}

/** One TCP listener on loopback that returns what it gets from whoever gets past the filters. */
export const tcpListener = (
  port: number,
  filters: readonly unknown[],
  chain: Readonly<Record<string, unknown>> = {},
): unknown => {
  const echo = { name: 'echo', typedConfig: { '@type': `${types}.filters.network.echo.v3.Echo` } }
  return networkListener(port, [...filters, echo], chain)
}

const networkListener = (
  port: number,
  filters: readonly unknown[],
  chain: Readonly<Record<string, unknown>> = {},
): unknown => ({
  name: `test-${port}`,
  address: { socketAddress: { address: '127.0.0.1', portValue: port } },
  filterChains: [{ filters, ...chain }],
})

/** One filter of literal policies, for what no translation makes. */
export const rbacHttpFilters = (policies: readonly unknown[]): readonly unknown[] => [
  {
    name: 'rbac',
    typedConfig: {
      '@type': `${types}.filters.http.rbac.v3.RBAC`,
      rules: { policies: Object.fromEntries(policies.map((policy, i) => [`p${i}`, policy])) },
    },
  },
]
