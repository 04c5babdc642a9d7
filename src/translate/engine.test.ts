import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outboundClustersKind } from './clusters/outbound/kind.ts'
import { passthroughClustersKind } from './clusters/passthrough/kind.ts'
import { endpointsKind } from './endpoints/kind.ts'
import { encodeMessage } from './envoy-messages.ts'
import type { ResourceKind } from './resource-kind.ts'
import { createTestWorld, held, serviceYaml, sliceYaml, testProxy } from './testing/test-world.ts'
import { clusterType, endpointType, listenerType } from './type-urls.ts'

const kinds = [outboundClustersKind, passthroughClustersKind, endpointsKind]
const storeCluster = 'outbound|80||store.shop.svc.cluster.local'

const sidecar = (namespace: string, host: string): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: ${namespace}}
spec: {egress: [{hosts: ["${host}"]}]}
`

test('proxies of one facet share their tables, and joining a facet in use resolves nothing', () => {
  let resolved = 0
  let asked = 0
  const counted: typeof outboundClustersKind = {
    ...outboundClustersKind,
    facetOf(proxy, facts) {
      asked++
      return outboundClustersKind.facetOf(proxy, facts)
    },
    resolve(...given) {
      resolved++
      return outboundClustersKind.resolve(...given)
    },
  }
  const world = createTestWorld([counted])
  for (let i = 0; i < 20; i++) world.apply(serviceYaml(`s${i}`, 'shop', ['10.0.1.1']))
  const first = world.translation.connect(testProxy('shop'))
  assert.deepEqual([asked, resolved], [1, 20])
  const second = world.translation.connect(testProxy('shop', { name: 'other', ipAddresses: ['10.0.0.2'] }))
  assert.deepEqual([asked, resolved], [2, 20])
  assert.equal(first.tables(clusterType)[0], second.tables(clusterType)[0])
  assert.deepEqual([...world.translation.facetCounts()], [['outbound-clusters', 1]])
})

test('what facets have in common is resolved and encoded once, and they share its bytes', () => {
  const world = createTestWorld(kinds)
  const proxies = ['a', 'b', 'c'].map(namespace => world.translation.connect(testProxy(namespace)))
  const report = world.apply(serviceYaml('store', 'shop', ['10.0.1.1']))
  assert.deepEqual([report.resolved, report.encoded, report.tablesChanged], [2, 2, 6])
  const [a, b] = proxies.map(proxy => proxy.tables(endpointType)[0]?.resources.get(storeCluster))
  assert.ok(a !== undefined && a === b)
})

test('a changed endpoint costs its own assignment, and nothing of other services', () => {
  const world = createTestWorld(kinds)
  for (let i = 0; i < 50; i++) world.apply(serviceYaml(`s${i}`, 'shop', ['10.0.1.1']))
  world.translation.connect(testProxy('a'))
  world.translation.connect(testProxy('b'))
  world.applied.length = 0
  const report = world.apply(sliceYaml('s7', 'shop', ['10.0.1.1', '10.0.1.2']))
  assert.deepEqual([report.resolved, report.encoded, report.tablesChanged, report.resourcesChanged], [1, 1, 2, 2])
  const name = 'ClusterLoadAssignment: +outbound|80||s7.shop.svc.cluster.local'
  assert.deepEqual(world.applied, [name, name])
})

test('a new service lists itself only, not its neighbours', () => {
  const world = createTestWorld(kinds)
  for (let i = 0; i < 50; i++) world.apply(serviceYaml(`s${i}`, 'shop'))
  world.translation.connect(testProxy('a'))
  const report = world.apply(serviceYaml('store', 'shop'))
  assert.equal(report.recomputed.get('outbound-clusters.rows'), 1)
  assert.deepEqual([report.resolved, report.encoded], [2, 2])
})

test('a DestinationRule lists and resolves its own host only', () => {
  const world = createTestWorld(kinds)
  for (let i = 0; i < 50; i++) world.apply(serviceYaml(`s${i}`, 'shop'))
  world.translation.connect(testProxy('shop'))
  const report = world.apply(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: s3, namespace: shop}
spec: {host: s3, subsets: [{name: v1, labels: {version: v1}}]}
`)
  assert.equal(report.recomputed.get('outbound-clusters.rows'), 1)
  // Clusters and assignments of the service; those of the whole service encode to what they were.
  assert.deepEqual([report.resolved, report.encoded], [2, 2])
  assert.equal(report.resourcesChanged, 2)
})

test('a namespace with a rule of its own has a cluster of its own, as long as it has the rule', () => {
  const world = createTestWorld(kinds)
  for (let i = 0; i < 50; i++) world.apply(serviceYaml(`s${i}`, 'shop'))
  world.apply(serviceYaml('store', 'shop'))
  const [a, b] = ['a', 'b'].map(namespace => world.translation.connect(testProxy(namespace)))
  const versions = () => [a, b].map(proxy => proxy && held(proxy, clusterType)[storeCluster])
  const common = versions()
  assert.equal(common[0], common[1])
  const own = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: store, namespace: a}
spec: {host: store.shop.svc.cluster.local, trafficPolicy: {tls: {mode: SIMPLE}}}
`
  const report = world.apply(own)
  // Cluster and assignment, anybody's and those of namespace a; one cluster is another than before.
  assert.deepEqual([report.resolved, report.resourcesChanged], [4, 1])
  assert.notEqual(versions()[0], common[0])
  assert.equal(versions()[1], common[1])
  const late = world.translation.connect(testProxy('a', { ipAddresses: ['10.0.0.9', 'fd00::9'] }))
  assert.equal(held(late, clusterType)[storeCluster], versions()[0])
  world.remove(own)
  assert.deepEqual(versions(), common)
})

test('an edit that changes no fact changes no table', () => {
  const world = createTestWorld(kinds)
  world.translation.connect(testProxy('shop'))
  world.apply(serviceYaml('store', 'shop', ['10.0.1.1']))
  const report = world.apply(serviceYaml('store', 'shop', ['10.0.1.1']))
  assert.deepEqual([report.recomputed.size, report.tablesChanged], [0, 0])
})

test('what is referred to appears first and goes last', () => {
  const world = createTestWorld([listenersKind, endpointsKind, outboundClustersKind])
  world.translation.connect(testProxy('shop'))
  world.apply(serviceYaml('store', 'shop', ['10.0.1.1']))
  const types = () => world.applied.splice(0).map(line => line.replace(/(\w+): (.).*/, '$2$1'))
  assert.deepEqual(types(), ['+Cluster', '+ClusterLoadAssignment', '+Listener'])
  world.remove(serviceYaml('store', 'shop'))
  assert.deepEqual(types(), ['-Listener', '-ClusterLoadAssignment', '-Cluster'])
})

test('a Sidecar moves the proxies that it selects to other tables, which are filled before they are told', () => {
  const world = createTestWorld(kinds)
  world.apply(serviceYaml('store', 'shop', ['10.0.1.1']))
  world.apply(serviceYaml('bank', 'money', ['10.0.2.1']))
  const proxy = world.translation.connect(testProxy('shop'))
  const other = world.translation.connect(testProxy('money'))
  const seen: (readonly [string, number])[] = []
  proxy.onReplaced(type => seen.push([type, Object.keys(held(proxy, type)).length]))
  other.onReplaced(() => assert.fail('nothing changed for this one'))
  const before = proxy.tables(endpointType)
  world.apply(sidecar('shop', './*'))
  assert.deepEqual(seen, [
    [clusterType, 4],
    [endpointType, 1],
  ])
  assert.notEqual(proxy.tables(endpointType), before)
  assert.deepEqual(Object.keys(held(proxy, endpointType)), [storeCluster])
  // An edit inside the Sidecar keeps the facet and changes the contents.
  world.apply(sidecar('shop', 'money/*'))
  assert.equal(seen.length, 2)
  assert.deepEqual(Object.keys(held(proxy, endpointType)), ['outbound|80||bank.money.svc.cluster.local'])
  world.remove(sidecar('shop', './*'))
  assert.equal(Object.keys(held(proxy, endpointType)).length, 2)
})

test('a facet outlives its last proxy for a while, and then frees its scope and its encodings', () => {
  const world = createTestWorld(kinds, 1000)
  world.apply(serviceYaml('store', 'shop'))
  const proxy = world.translation.connect(testProxy('shop'))
  const [table] = proxy.tables(clusterType)
  proxy.close()
  world.clock.advance(900)
  const again = world.translation.connect(testProxy('shop'))
  assert.equal(again.tables(clusterType)[0], table)
  world.clock.advance(5000)
  assert.equal(world.translation.facetCounts().get('endpoints'), 1)
  again.close()
  again.close()
  world.clock.advance(2000)
  assert.deepEqual([...world.translation.facetCounts().values()], [0, 0, 0])
  assert.deepEqual([world.discovery.scopeRequests.size, world.discovery.facts.scopes.size], [0, 0])
  const later = world.translation.connect(testProxy('shop'))
  assert.notEqual(later.tables(clusterType)[0], table)
  assert.equal(Object.keys(held(later, clusterType)).length, 4)
})

test('a resource whose derivation fails keeps what it was, the rest goes on, and the failure is reported', () => {
  const failing: typeof endpointsKind = {
    ...endpointsKind,
    resolve(facet, name, seed, facts) {
      const ir = endpointsKind.resolve(facet, name, seed, facts)
      if (name === storeCluster && ir?.localities.length === 0) throw new Error('no endpoints')
      return ir
    },
  }
  const world = createTestWorld([failing])
  const proxy = world.translation.connect(testProxy('shop'))
  world.apply(serviceYaml('store', 'shop', ['10.0.1.1']) + serviceYaml('web', 'shop', ['10.0.1.1']))
  const before = held(proxy, endpointType)
  const report = world.apply(sliceYaml('store', 'shop', []) + sliceYaml('web', 'shop', []))
  assert.deepEqual(
    report.failures.map(({ collection, error }) => [collection, String(error)]),
    [['endpoints.resources', 'Error: no endpoints']],
  )
  const after = held(proxy, endpointType)
  assert.equal(after[storeCluster], before[storeCluster])
  const web = 'outbound|80||web.shop.svc.cluster.local'
  assert.notEqual(after[web], before[web])
})

test('a proxy that cannot be given a facet is refused with the reason', () => {
  const refusing: typeof endpointsKind = {
    ...endpointsKind,
    facetOf(proxy, facts) {
      if (proxy.name === 'odd') throw new Error('an odd proxy')
      return endpointsKind.facetOf(proxy, facts)
    },
  }
  const world = createTestWorld([refusing])
  assert.throws(() => world.translation.connect(testProxy('shop', { name: 'odd' })), /an odd proxy/)
  world.translation.connect(testProxy('shop'))
  assert.equal(world.translation.facetCounts().get('endpoints'), 1)
})

test('CVE-2021-34824: a proxy cannot reach into the keys of another facet by a line break in its own words', () => {
  const world = createTestWorld(kinds)
  assert.throws(() => world.translation.connect(testProxy('shop\noutbound|80||x')), /line break in the facet key/)
  assert.deepEqual([...world.translation.facetCounts().values()], [0, 0, 0])
})

test('a proxy may close while tables are being changed', () => {
  const world = createTestWorld(kinds, 0)
  world.apply(serviceYaml('store', 'shop'))
  const proxy = world.translation.connect(testProxy('shop'))
  proxy.onReplaced(() => proxy.close())
  world.apply(sidecar('shop', './*'))
  assert.deepEqual([...world.translation.facetCounts().values()], [0, 0, 0])
})

/** One listener per service, by name only: enough to see the order of types. */
const listenersKind: ResourceKind<{ readonly key: string }, string, { readonly name: string }> = {
  name: 'test-listeners',
  typeUrl: listenerType,
  facetOf: () => ({ key: 'all' }),
  keyOf: ({ key }) => key,
  list: (_facet, facts) => [...facts.services.values()].map(({ key }) => [key, key]),
  resolve: (_facet, name) => ({ name }),
  encode: ({ name }) => encodeMessage('envoy.config.listener.v3.Listener', { name }),
}
