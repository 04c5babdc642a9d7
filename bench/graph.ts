/**
 * How long the facts of a big mesh take to build, and one workload's change to settle. One service in ten is a
 * ServiceEntry that selects its pods by label; the others have EndpointSlices.
 * `node --expose-gc bench/graph.ts [SERVICES] [WORKLOADS]`; exit code 1 when a goal is missed.
 */

import type { ObjectOf } from '../src/config/kinds/catalogue.ts'
import { objectKey } from '../src/config/object.ts'
import { createDiscovery } from '../src/discovery/discovery.ts'
import { scopeKeyOf } from '../src/discovery/scope.ts'
import { createGraph } from '../src/graph/graph.ts'

const goals = { buildMs: 2000, changeMs: 1 }
const services = Number(process.argv[2] ?? 5000)
const workloads = Number(process.argv[3] ?? 50_000)
const namespaces = 200
const scopes = 50
const changes = 1000

const origin = { source: 'file', file: 'bench.yaml', line: 1, column: 1 } as const
const perService = Math.max(1, Math.round(workloads / services))
const namespaceOf = (service: number): string => `ns${service % namespaces}`
const appOf = (service: number): string => `app${service}`
const addressOf = (pod: number): string => `10.${(pod >> 16) & 255}.${(pod >> 8) & 255}.${pod & 255}`

const hasSlices = (service: number): boolean => service % 10 !== 0

function metadata(name: string, service: number, labels: Readonly<Record<string, string>> = {}) {
  return { name, namespace: namespaceOf(service), labels, annotations: {} }
}

function serviceObject(service: number): ObjectOf<'Service'> {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: metadata(appOf(service), service),
    spec: {
      clusterIP: `172.16.${service >> 8}.${service & 255}`,
      selector: { app: appOf(service) },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'grpc', port: 90, targetPort: 9090 },
      ],
    },
    origin,
  }
}

function podObject(pod: number, version: string): ObjectOf<'Pod'> {
  const service = Math.floor(pod / perService) % services
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: metadata(`pod${pod}`, service, {
      app: appOf(service),
      version,
      'pod-template-hash': 'abc',
      'app.kubernetes.io/managed-by': 'bench',
      'security.istio.io/tlsMode': 'istio',
    }),
    spec: {
      serviceAccountName: appOf(service),
      nodeName: `node${pod % 500}`,
      containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: addressOf(pod), conditions: [{ type: 'Ready', status: 'True' }] },
    origin,
  }
}

function entryObject(service: number): ObjectOf<'ServiceEntry'> {
  return {
    kind: 'ServiceEntry',
    apiVersion: 'networking.istio.io/v1',
    metadata: metadata(appOf(service), service),
    spec: {
      hosts: [`${appOf(service)}.example.com`],
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      ports: [
        { name: 'http', number: 80, protocol: 'HTTP', targetPort: 8080 },
        { name: 'grpc', number: 90, protocol: 'GRPC', targetPort: 9090 },
      ],
      workloadSelector: { labels: { app: appOf(service), 'app.kubernetes.io/managed-by': 'bench' } },
    },
    origin,
  }
}

function sliceObject(service: number): ObjectOf<'EndpointSlice'> {
  const pods = Array.from({ length: perService }, (_, index) => service * perService + index)
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: metadata(`${appOf(service)}-1`, service, { 'kubernetes.io/service-name': appOf(service) }),
    spec: {
      addressType: 'IPv4',
      ports: [
        { name: 'http', port: 8080 },
        { name: 'grpc', port: 9090 },
      ],
      endpoints: pods.map(pod => ({
        addresses: [addressOf(pod)],
        targetRef: { kind: 'Pod', name: `pod${pod}`, namespace: namespaceOf(service) },
      })),
    },
    origin,
  }
}

function nodeObject(node: number): ObjectOf<'Node'> {
  const labels = { 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': `z${node % 3}` }
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: `node${node}`, namespace: '', labels, annotations: {} },
    spec: {},
    origin,
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const objects = {
  nodes: range(500).map(nodeObject),
  services: range(services).filter(hasSlices).map(serviceObject),
  entries: range(services)
    .filter(service => !hasSlices(service))
    .map(entryObject),
  pods: range(services * perService).map(pod => podObject(pod, 'v1')),
  slices: range(services).filter(hasSlices).map(sliceObject),
}
const collect = globalThis.gc
const heapMb = (): number => {
  collect?.()
  return Math.round(process.memoryUsage().heapUsed / 1e6)
}
const heapBefore = heapMb()

const graph = createGraph()
const discovery = createDiscovery(graph)
const buildStart = performance.now()
graph.commit(() => {
  for (const node of objects.nodes) discovery.sources.Node.put(objectKey(node), node)
  for (const service of objects.services) discovery.sources.Service.put(objectKey(service), service)
  for (const entry of objects.entries) discovery.sources.ServiceEntry.put(objectKey(entry), entry)
  for (const pod of objects.pods) discovery.sources.Pod.put(objectKey(pod), pod)
  for (const slice of objects.slices) discovery.sources.EndpointSlice.put(objectKey(slice), slice)
  for (const index of range(scopes)) {
    const request = { namespace: `ns${index}` }
    discovery.scopeRequests.put(scopeKeyOf(request), request)
  }
})
const buildMs = performance.now() - buildStart
const heapMbUsed = heapMb() - heapBefore

const changeMs: number[] = []
let last = new Map<string, number>()
for (const change of range(changes)) {
  // A stride through all services, so that nothing stays warm.
  const pod = podObject((change * 7919) % objects.pods.length, `v${change + 2}`)
  const start = performance.now()
  const report = graph.commit(() => discovery.sources.Pod.put(objectKey(pod), pod))
  changeMs.push(performance.now() - start)
  last = new Map(report.recomputed)
}
changeMs.sort((a, b) => a - b)
const mean = changeMs.reduce((sum, ms) => sum + ms, 0) / changeMs.length

const addedService = serviceObject(services)
const addStart = performance.now()
graph.commit(() => discovery.sources.Service.put(objectKey(addedService), addedService))
const addMs = performance.now() - addStart

const result = {
  services,
  workloads: objects.pods.length,
  scopes,
  buildMs: Math.round(buildMs),
  heapMb: collect === undefined ? undefined : heapMbUsed,
  workloadChangeMs: {
    mean: Number(mean.toFixed(3)),
    p50: Number(percentile(changeMs, 0.5).toFixed(3)),
    p99: Number(percentile(changeMs, 0.99).toFixed(3)),
  },
  recomputedByOneChange: Object.fromEntries(last),
  serviceAddedMs: Number(addMs.toFixed(1)),
}
console.log(JSON.stringify(result, undefined, 2))
if (buildMs > goals.buildMs || percentile(changeMs, 0.5) > goals.changeMs) process.exitCode = 1
