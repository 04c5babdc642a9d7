/**
 * After any edits and any coming and going of proxies, what each proxy gets equals a build from scratch, in which
 * facets share nothing.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ProxyTables } from './connected-proxy.ts'
import { resourceKinds } from './kinds.ts'
import type { MemoryTable } from './table.ts'
import { createTestWorld, held, serviceYaml, sliceYaml, type TestWorld, testProxy } from './testing/test-world.ts'

const namespaces = ['a', 'b']
const proxies = [
  testProxy('a'),
  testProxy('a', { name: 'store-0', labels: { app: 'store' }, ipAddresses: ['10.0.0.3'] }),
  testProxy('b', { interceptionMode: 'NONE', variant: 'sotw', ipAddresses: ['10.0.0.4', 'fd00::4'] }),
]

const name = fc.constantFrom('store', 'web')
const namespace = fc.constantFrom(...namespaces)
/** Of the rule's own namespace, of another, or of many: whose clients see the rule differs. */
const host = fc.constantFrom('store', 'web', 'store.a.svc.cluster.local', 'web.b.svc.cluster.local', '"*.local"')
const exportTo = fc.constantFrom('', ', exportTo: ["."]', ', exportTo: [b]')
const addresses = fc.subarray(['10.0.0.3', '10.0.0.4', '10.0.0.5'])
const metadata = (object: string, at: string): string => `metadata: {name: ${object}, namespace: ${at}}`

const withTcpPort = (yaml: string): string => yaml.replace('{name: http, port: 80}', '$&, {name: tcp, port: 3306}')

/** Objects as a user would write them; few names, so that edits meet. */
const yaml: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(name, namespace, addresses).map(given => withTcpPort(serviceYaml(...given))) },
  fc.tuple(name, namespace, addresses).map(given => sliceYaml(...given)),
  fc
    .tuple(namespace, fc.constantFrom('./*', 'a/*', 'b/store.b.svc.cluster.local'), fc.constantFrom('', '{app: store}'))
    .map(([at, host, labels]) => {
      const selector = labels === '' ? '' : `workloadSelector: {labels: ${labels}}, `
      const object = labels === '' ? 'default' : 'store'
      const ingress =
        labels === ''
          ? ''
          : ", ingress: [{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: '127.0.0.1:9000'}]"
      return `
apiVersion: networking.istio.io/v1
kind: Sidecar
${metadata(object, at)}
spec: {${selector}egress: [{hosts: ["${host}"]}]${ingress}}
---`
    }),
  fc
    .tuple(
      fc.tuple(name, host),
      namespace,
      fc.constantFrom(
        'tls: {mode: DISABLE}',
        'tls: {mode: ISTIO_MUTUAL}',
        'loadBalancer: {consistentHash: {httpHeaderName: x-user}}',
      ),
      fc.boolean(),
      exportTo,
    )
    .map(([[object, host], at, policy, hasSubset, exported]) => {
      const subsets = hasSubset ? ', subsets: [{name: v1, labels: {version: v1}}]' : ''
      return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
${metadata(object, at)}
spec: {host: ${host}, trafficPolicy: {${policy}}${subsets}${exported}}
---`
    }),
  fc.tuple(fc.constantFrom('a', 'b', 'istio-system'), fc.constantFrom('DISABLE', 'STRICT', 'PERMISSIVE')).map(
    ([at, mode]) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
${metadata('default', at)}
spec: {mtls: {mode: ${mode}}}
---`,
  ),
  fc.tuple(namespace, fc.constantFrom('ALLOW', 'DENY'), fc.constantFrom('GET', 'POST')).map(
    ([at, action, method]) => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
${metadata('policy', at)}
spec: {action: ${action}, rules: [{to: [{operation: {methods: [${method}]}}]}]}
---`,
  ),
  fc.tuple(fc.tuple(name, host), namespace, fc.constantFrom('web', 'store'), exportTo).map(
    ([[object, host], at, to, exported]) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
${metadata(object, at)}
spec: {hosts: [${host}]${exported}, http: [{match: [{headers: {x-canary: {exact: "1"}}}], route: [{destination: {host: ${to}}}]}, {route: [{destination: {host: ${host}}}]}], tcp: [{route: [{destination: {host: ${to}, port: {number: 3306}}}]}]}
---`,
  ),
  fc.constantFrom(...namespaces).map(
    at => `
apiVersion: v1
kind: Pod
metadata: {name: store-0, namespace: ${at}, labels: {app: store, version: v1, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: store, containers: []}
status: {podIP: 10.0.0.3, phase: Running, conditions: [{type: Ready, status: "True"}]}
---`,
  ),
)

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('apply' as const), yaml }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove' as const), yaml }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('connect' as const), proxy: fc.nat(proxies.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('close' as const), proxy: fc.nat(proxies.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('wait' as const) }) },
)

test('any history ends in what a build from scratch gives', () => {
  fc.assert(
    // Long histories: things must meet. By default most are of a few steps.
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), history => {
      const world = createTestWorld(resourceKinds, 1000)
      const connected = new Map<number, ProxyTables<MemoryTable>>()
      for (const event of history) {
        switch (event.op) {
          case 'apply':
          case 'remove':
            assert.deepEqual(world[event.op](event.yaml).failures, [])
            break
          case 'connect': {
            const proxy = proxies[event.proxy]
            if (proxy !== undefined && !connected.has(event.proxy)) {
              connected.set(event.proxy, world.translation.connect(proxy))
            }
            break
          }
          case 'close':
            connected.get(event.proxy)?.close()
            connected.delete(event.proxy)
            break
          case 'wait':
            world.clock.advance(3000)
        }
      }
      const fresh = freshCopy(world)
      for (const [index, tables] of connected) {
        const proxy = proxies[index]
        assert.ok(proxy !== undefined)
        const expected = fresh.translation.connect(proxy)
        for (const { typeUrl } of resourceKinds) assert.deepEqual(held(tables, typeUrl), held(expected, typeUrl))
      }
    }),
    { numRuns: 100 },
  )
})

function freshCopy(world: TestWorld): TestWorld {
  const fresh = createTestWorld(resourceKinds.map(({ sharing: _, ...alone }) => alone))
  fresh.translation.commit(() => {
    for (const [kind, source] of Object.entries(world.discovery.sources)) {
      const target = fresh.discovery.sources[kind as keyof typeof fresh.discovery.sources]
      // Sound: an object goes to the source of the kind that it came from.
      for (const [key, object] of source.entries()) (target as typeof source).put(key, object as never)
    }
  })
  return fresh
}
