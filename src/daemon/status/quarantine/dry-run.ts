/** Asks an Envoy of our own whether it would take a resource: `envoy --mode validate`, one at a time. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type EncodedResource, messageBytes } from '../../../platform/encoded-resource.ts'
import { decodeExpanded } from '../../../translate/envoy-messages.ts'
import { clusterType, endpointType, listenerType, routeType, virtualHostType } from '../../../translate/type-urls.ts'

export interface DryRun {
  /** `MAJOR.MINOR.PATCH` of the binary; '' when it does not run. Asked once. */
  version(): Promise<string>
  /** Undefined: it cannot be tried, or nothing came of the attempt. */
  validate(typeUrl: string, resource: EncodedResource): Promise<'accepted' | 'refused' | undefined>
}

const timeoutMs = 10_000
const mostOutputBytes = 1024 * 1024

export function createDryRun(envoy: string): DryRun {
  let version: Promise<string> | undefined
  let last: Promise<unknown> = Promise.resolve()
  const verdicts = new Map<string, 'accepted' | 'refused' | undefined>()
  const ask = async (typeUrl: string, resource: EncodedResource): Promise<'accepted' | 'refused' | undefined> => {
    const statics = staticResources(typeUrl, decodeExpanded(typeUrl, messageBytes(resource)))
    if (statics === undefined) return undefined
    const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-dry-run-'))
    try {
      const file = path.join(directory, 'bootstrap.json')
      writeFileSync(file, JSON.stringify(bootstrap(statics)), { mode: 0o600 })
      const { status } = await run(envoy, ['--mode', 'validate', '-c', file])
      return status === 0 ? 'accepted' : status === undefined ? undefined : 'refused'
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  return {
    version() {
      version ??= run(envoy, ['--version']).then(({ output }) => /\/(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? '')
      return version
    },
    validate(typeUrl, resource) {
      const id = `${typeUrl}\n${resource.name}\n${resource.version}`
      if (verdicts.has(id)) return Promise.resolve(verdicts.get(id))
      const asked = last.then(() => ask(typeUrl, resource))
      last = asked.catch(() => undefined)
      return asked.then(verdict => {
        if (verdicts.size > 1000) verdicts.clear()
        verdicts.set(id, verdict)
        return verdict
      })
    },
  }
}

/** Whether an Envoy of this version may speak for a build (`envoy 1.40.0 delta`). */
export function isOfBuild(version: string, build: string): boolean {
  return version !== '' && build.split(' ')[0] === 'envoy' && build.split(' ')[1] === version
}

/** `status` undefined: it did not end by itself. */
function run(
  file: string,
  args: readonly string[],
): Promise<{ readonly status: number | undefined; readonly output: string }> {
  return new Promise(resolve => {
    execFile(file, [...args], { timeout: timeoutMs, maxBuffer: mostOutputBytes }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined
      resolve({ status, output: stdout + stderr })
    })
  })
}

interface Statics {
  readonly clusters?: readonly unknown[]
  readonly listeners?: readonly unknown[]
}

/** The resource where a bootstrap can hold it; undefined for types that it cannot. */
function staticResources(typeUrl: string, resource: unknown): Statics | undefined {
  switch (typeUrl) {
    case clusterType:
      return { clusters: [resource] }
    case endpointType:
      return { clusters: [{ name: 'tried', type: 'STATIC', loadAssignment: resource }] }
    case listenerType:
      return { listeners: [resource] }
    case routeType:
      return { listeners: [listenerWith(withoutVirtualHostDiscovery(resource))] }
    case virtualHostType:
      return { listeners: [listenerWith({ name: 'tried', virtualHosts: [resource] })] }
    default:
      return undefined
  }
}

/** A static listener's routes cannot be discovered further. */
function withoutVirtualHostDiscovery(routes: unknown): unknown {
  const { vhds: _, ...rest } = routes as Readonly<Record<string, unknown>>
  return rest
}

const listenerWith = (routeConfig: unknown): unknown => ({
  name: 'tried',
  address: { socketAddress: { address: '127.0.0.1', portValue: 0 } },
  filterChains: [
    {
      filters: [
        {
          name: 'http',
          typedConfig: {
            '@type':
              'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            statPrefix: 'tried',
            // Clusters that are not here are no fault of the routes.
            routeConfig: { ...(routeConfig as object), validateClusters: false },
            httpFilters: [
              {
                name: 'router',
                typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
              },
            ],
          },
        },
      ],
    },
  ],
})

const bootstrap = (statics: Statics): unknown => ({
  node: { id: 'dry-run', cluster: 'dry-run' },
  dynamicResources: {
    adsConfig: {
      apiType: 'DELTA_GRPC',
      transportApiVersion: 'V3',
      grpcServices: [{ envoyGrpc: { clusterName: 'xds-grpc' } }],
    },
  },
  layeredRuntime: { layers: [{ name: 'static', staticLayer: { 're2.max_program_size.error_level': 32_768 } }] },
  staticResources: {
    clusters: [...['xds-grpc', 'sds-grpc'].map(agentCluster), ...(statics.clusters ?? [])],
    listeners: statics.listeners ?? [],
  },
})

const agentCluster = (name: string): unknown => ({
  name,
  type: 'STATIC',
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
  loadAssignment: {
    clusterName: name,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/nowhere' } } } }] }],
  },
})
