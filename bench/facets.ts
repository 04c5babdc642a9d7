/**
 * What a view of the mesh costs: one proxy per namespace, each in a facet of its own for every outbound kind.
 * CPU time of connecting it, and heap that it holds afterwards. One service in `RULES` has a DestinationRule of its own
 * namespace and a VirtualService, as in a mesh that is really used; 0: none.
 * `node --expose-gc bench/facets.ts [SERVICES] [FACETS] [RULES]`; exit code 1 when a goal is missed.
 */

import type { ObjectOf } from '../src/config/kinds/catalogue.ts'
import { objectKey } from '../src/config/object.ts'
import { createDiscovery } from '../src/discovery/discovery.ts'
import type { ProxyIdentity } from '../src/discovery/proxy.ts'
import { createGraph } from '../src/graph/graph.ts'
import { systemClock } from '../src/platform/clock.ts'
import { silentLog } from '../src/platform/log.ts'
import { createTranslation } from '../src/translate/engine.ts'
import { messageType } from '../src/translate/envoy-messages.ts'
import { resourceKinds } from '../src/translate/kinds.ts'
import { createResourceTable } from '../src/xds/table.ts'

const goals = { firstMs: 500, furtherMs: 40, furtherMb: 3 }
const services = Number(process.argv[2] ?? 1000)
const facets = Number(process.argv[3] ?? 20)
const rules = Number(process.argv[4] ?? 0)
const collect = globalThis.gc

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const origin = { source: 'file', file: 'bench.yaml', line: 1, column: 1 } as const
const namespaceOf = (service: number): string => `ns${service % facets}`
const metadata = (name: string, service: number, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  namespace: namespaceOf(service),
  labels,
  annotations: {},
})

const serviceObject = (service: number): ObjectOf<'Service'> => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: metadata(`app${service}`, service),
  spec: {
    clusterIP: `172.16.${service >> 8}.${service & 255}`,
    selector: { app: `app${service}` },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  },
  origin,
})

const sliceObject = (service: number): ObjectOf<'EndpointSlice'> => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: metadata(`app${service}-1`, service, { 'kubernetes.io/service-name': `app${service}` }),
  spec: {
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [0, 1].map(index => ({ addresses: [`10.${index}.${service >> 8}.${service & 255}`] })),
  },
  origin,
})

const ruleObject = (service: number): ObjectOf<'DestinationRule'> => ({
  kind: 'DestinationRule',
  apiVersion: 'networking.istio.io/v1',
  metadata: metadata(`app${service}`, service),
  spec: { host: `app${service}`, trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 } } } },
  origin,
})

const routeObject = (service: number): ObjectOf<'VirtualService'> => ({
  kind: 'VirtualService',
  apiVersion: 'networking.istio.io/v1',
  metadata: metadata(`app${service}`, service),
  spec: {
    hosts: [`app${service}`],
    http: [{ timeout: '5s', route: [{ destination: { host: `app${service}` } }] }],
  },
  origin,
})

const proxyIn = (namespace: string, index: number): ProxyIdentity => ({
  id: `sidecar~10.9.0.${index}~client.${namespace}~${namespace}.svc.cluster.local`,
  type: 'sidecar',
  name: 'client',
  namespace,
  serviceAccount: 'default',
  trustDomain: 'cluster.local',
  ipAddresses: [`10.9.0.${index}`],
  labels: {},
  interceptionMode: 'REDIRECT',
  clusterId: 'Kubernetes',
  network: '',
  dnsDomain: `${namespace}.svc.cluster.local`,
  variant: 'delta',
})

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const heapMb = (): number => {
  collect?.()
  collect?.()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

const graph = createGraph()
const discovery = createDiscovery(graph)
const translation = createTranslation({
  graph,
  discovery,
  kinds: resourceKinds,
  createTable: createResourceTable,
  clock: systemClock,
  log: silentLog,
})
const loadFrom = cpuMs()
messageType('envoy.config.cluster.v3.Cluster')
const loadMs = cpuMs() - loadFrom
const buildFrom = cpuMs()
translation.commit(() => {
  for (const service of range(services)) {
    const object = serviceObject(service)
    discovery.sources.Service.put(objectKey(object), object)
    const slice = sliceObject(service)
    discovery.sources.EndpointSlice.put(objectKey(slice), slice)
    if (rules === 0 || service % rules !== 0) continue
    const rule = ruleObject(service)
    discovery.sources.DestinationRule.put(objectKey(rule), rule)
    const route = routeObject(service)
    discovery.sources.VirtualService.put(objectKey(route), route)
  }
})
const buildMs = cpuMs() - buildFrom
const heapFrom = heapMb()

const ms: number[] = []
const mb: number[] = []
const held = [heapFrom]
for (const index of range(facets)) {
  const from = cpuMs()
  translation.connect(proxyIn(`ns${index}`, index))
  ms.push(cpuMs() - from)
  held.push(heapMb())
  mb.push((held.at(-1) ?? 0) - (held.at(-2) ?? 0))
}
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const round = (value: number): number => Math.round(value * 10) / 10
// The second warms up what the first has compiled.
const result = {
  services,
  facets,
  rules,
  /** Of Envoy's .proto files, once in a process. */
  protosMs: round(loadMs),
  factsMs: round(buildMs),
  factsMb: round(heapFrom),
  firstMs: round(ms[0] ?? 0),
  firstMb: round(mb[0] ?? 0),
  furtherMs: round(median(ms.slice(2))),
  furtherMb: round(mb.slice(1).reduce((sum, one) => sum + one, 0) / Math.max(1, facets - 1)),
  rssMb: round(process.memoryUsage().rss / 1e6),
}
console.log(JSON.stringify(result, undefined, 2))
const changeFrom = cpuMs()
const changes = 50
for (const service of range(changes)) {
  const slice = sliceObject(service)
  const one = { ...slice, spec: { ...slice.spec, endpoints: (slice.spec.endpoints ?? []).slice(1) } }
  translation.commit(() => discovery.sources.EndpointSlice.put(objectKey(slice), one))
}
console.log(`an endpoint's change: ${round((cpuMs() - changeFrom) / changes)} ms of CPU over all facets`)
const comes: number[] = []
for (const index of range(20)) {
  const service = serviceObject(services + index)
  const from = cpuMs()
  translation.commit(() => discovery.sources.Service.put(objectKey(service), service))
  comes.push(cpuMs() - from)
}
console.log(`a service that comes: ${round(median(comes))} ms of CPU over all facets`)
translation.stop()
const missed =
  result.firstMs > goals.firstMs || result.furtherMs > goals.furtherMs || result.furtherMb > goals.furtherMb
process.exitCode = missed ? 1 : 0
