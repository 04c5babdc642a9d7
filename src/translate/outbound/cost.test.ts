import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TranslationReport } from '../engine.ts'
import { connectedMesh } from '../testing/connected-mesh.ts'

const entry = (name: string, endpoint: string): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: shop}
spec:
  hosts: [${name}.shop.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: ${endpoint}}]
`
const virtualService = (header: string): string => `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec:
  hosts: [a.shop.svc.cluster.local]
  http:
    - match: [{headers: {x: {exact: "${header}"}}}]
      route: [{destination: {host: b.shop.svc.cluster.local}}]
    - route: [{destination: {host: a.shop.svc.cluster.local}}]
`
const policy = (namespace: string): string => `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: shop}
spec: {selector: {matchLabels: {app: a}}, rules: [{from: [{source: {namespaces: [${namespace}]}}]}]}
`
const services = ['a', 'b', 'c', 'd', 'e'].map((name, i) => entry(name, `10.0.1.${i}`)).join('')

/** Maps of resources that ran, by kind. */
function resolved({ recomputed }: TranslationReport): Record<string, number> {
  return Object.fromEntries(
    [...recomputed]
      .filter(([name]) => name.endsWith('.resources'))
      .map(([name, runs]): [string, number] => [name.slice(0, -'.resources'.length), runs])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

test('a changed route resolves and encodes one virtual host for all clients of the namespace', () => {
  const mesh = connectedMesh(services + virtualService('1'))
  mesh.connect({ labels: { app: 'x' } })
  mesh.connect({ labels: { app: 'y' }, ipAddresses: ['10.0.0.2'] })
  const report = mesh.put(virtualService('2'))
  assert.deepEqual(resolved(report), { 'virtual-hosts': 1 })
  assert.equal(report.encoded, 1)
  assert.equal(report.resourcesChanged, 1)
})

test('a changed policy resolves the filters of the workloads that it may select, and no listener', () => {
  const mesh = connectedMesh(services + policy('x'))
  mesh.connect({ labels: { app: 'a' } })
  const report = mesh.put(policy('y'))
  assert.deepEqual(Object.keys(resolved(report)), ['extension-configs'])
  // The permissions for HTTP and for TCP; what denies and audits is as it was.
  assert.equal(report.resourcesChanged, 2)
})

test('a changed endpoint resolves no listener, no route and no policy', () => {
  const mesh = connectedMesh(services)
  mesh.connect({})
  assert.deepEqual(resolved(mesh.put(entry('a', '10.0.9.9'))), { endpoints: 1 })
})

test('a new service changes no listener and no route configuration where its port is known', () => {
  const mesh = connectedMesh(services)
  mesh.connect({})
  const report = mesh.put(entry('f', '10.0.1.6'))
  assert.equal(report.recomputed.get('virtual-hosts.rows'), 1)
  // Its cluster, its endpoints and its virtual host.
  assert.equal(report.resourcesChanged, 3)
})

test('a new service resolves no route of another, and is planned once for all namespaces that see the same', () => {
  const mesh = connectedMesh(services + virtualService('1'))
  for (const namespace of ['shop', 'far', 'farther']) {
    mesh.connect({ namespace, dnsDomain: `${namespace}.svc.cluster.local` })
  }
  const report = mesh.put(entry('f', '10.0.1.6'))
  // Its own, for those who reach it by its bare name and for all others.
  assert.equal(report.recomputed.get('virtual-hosts.resources'), 2)
  assert.equal(report.recomputed.get('outbound-common'), 1)
  assert.equal(report.recomputed.get('outbound-plans'), 3)
  assert.equal(report.encoded, 4)
})
