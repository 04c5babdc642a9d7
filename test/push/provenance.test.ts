/** Which objects and fields a proxy's resources are said to come from. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExplanationView } from '../../src/admin/status-view.ts'
import { EnvoyClient } from './envoy-client.ts'
import { createPipeline, meshFrom, objectsFrom, type Pipeline } from './pipeline.ts'

const mesh = `
apiVersion: v1
kind: Service
metadata: {name: store, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: store}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {clusterIP: 10.96.0.2, selector: {app: other}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: store, namespace: shop}
spec: {host: store, trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: store, namespace: shop}
spec: {hosts: [store], http: [{match: [{uri: {prefix: /a}}], fault: {abort: {percentage: {value: 1}, httpStatus: 500}}, route: [{destination: {host: other}}]}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: mine, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: other, namespace: shop}
spec: {selector: {matchLabels: {app: other}}, action: DENY, rules: [{to: [{operation: {paths: [/y]}}]}]}
`

test('a cluster comes from its service and its rule, with the fields and where the file has them', async () => {
  const told = await why(connected(), 'clusters', 'outbound|80||store.shop.svc.cluster.local')
  const [resource = assert.fail()] = told.resources
  assert.deepEqual(sources(told), ['DestinationRule shop/store', 'Service shop/store'])
  const rule = resource.sources.find(({ kind }) => kind === 'DestinationRule') ?? assert.fail()
  assert.equal(rule.place, 'mesh.yaml:12:1')
  const pool = rule.fields.find(({ field }) => field === 'spec.trafficPolicy.connectionPool.tcp.maxConnections')
  assert.deepEqual(pool?.parts, ['circuitBreakers'])
  const service = resource.sources.find(({ kind }) => kind === 'Service') ?? assert.fail()
  // Without its ports there would be no such cluster.
  assert.deepEqual(service.fields.find(({ field }) => field === 'spec.ports[0].port')?.parts ?? [], [])
  assert.equal(told.untried, 0)
})

test('a virtual host comes from the routes of its VirtualService, each field beside the route that it made', async () => {
  const told = await why(connected(), 'virtual-hosts', '80/store.shop.svc.cluster.local:80')
  const fields = told.resources.flatMap(resource =>
    resource.sources.filter(({ kind }) => kind === 'VirtualService').flatMap(source => source.fields),
  )
  const match = fields.find(({ field }) => field === 'spec.http[0].match[0].uri.prefix')
  assert.match(match?.parts.join() ?? '', /^routes\[/)
  assert.ok(fields.some(({ field }) => field === 'spec.http[0].fault.abort.httpStatus'))
})

test('a listener comes from the peer authentication that counts; a filter from the policies that select the proxy', async () => {
  const pipeline = connected()
  assert.deepEqual(sources(await why(pipeline, 'listeners', 'virtualInbound')), ['PeerAuthentication shop/strict'])
  const filters = await why(pipeline, 'extension-configs')
  assert.deepEqual(sources(filters), ['AuthorizationPolicy shop/mine'])
})

test('what is no object is told too: settings that are not the default, revocations, federated trust domains', async () => {
  const pipeline = connected()
  pipeline.edit({
    mesh: meshFrom('connectTimeout: 3s\nmeshMTLS: {minProtocolVersion: TLSV1_3}\nrootNamespace: unused'),
  })
  const [cluster = assert.fail()] = (await why(pipeline, 'clusters', 'outbound|80||other.shop.svc.cluster.local'))
    .resources
  const settings = cluster.sources.filter(({ kind }) => kind === 'MeshConfig')
  assert.deepEqual(
    settings.flatMap(({ fields }) => fields),
    [
      { field: 'connectTimeout', parts: ['connectTimeout'] },
      { field: 'meshMTLS.minProtocolVersion', parts: ['transportSocketMatches[tlsMode-istio].transportSocket'] },
    ],
  )
  const listener = await why(pipeline, 'listeners', 'virtualInbound')
  const tls = listener.resources.flatMap(one => one.sources).find(({ kind }) => kind === 'MeshConfig')
  assert.deepEqual(
    tls?.fields.map(({ field }) => field),
    ['meshMTLS.minProtocolVersion'],
  )

  const { revocations, federatedTrustDomains } = pipeline.discovery
  const banned = 'spiffe://cluster.local/ns/shop/sa/banned'
  pipeline.translation.commit(() => {
    revocations.peers.put('mesh', { identities: [banned], digests: [] })
    federatedTrustDomains.put('mesh', ['far'])
  })
  const filters = await why(pipeline, 'extension-configs')
  assert.deepEqual([...new Set(sources(filters))].sort(), ['AuthorizationPolicy shop/mine', `Revocation /${banned}`])
})

test('the network by whose gateway an endpoint is reached is told', async () => {
  const pipeline = connected(faraway)
  pipeline.translation.commit(() => {
    const gateways = [{ address: '192.0.2.1', port: 15_443 }]
    pipeline.discovery.networks.put('mesh', {
      networks: {
        far: { endpoints: [{ fromCidr: '10.9.0.0/16' }], gateways },
        near: { endpoints: [{ fromCidr: '10.1.0.0/16' }] },
      },
    })
  })
  const endpoints = await why(pipeline, 'endpoints', 'outbound|80||faraway.example.com')
  assert.deepEqual(sources(endpoints), ['ServiceEntry shop/faraway', 'MeshNetworks /far'])
})

const faraway = `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: faraway, namespace: shop }
spec:
  hosts: [faraway.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 10.9.0.1, serviceAccount: store }]
`

test('asking leaves nothing behind', async () => {
  const pipeline = connected()
  const before = pipeline.ads.stats
  await why(pipeline, 'listeners')
  pipeline.ads.flush()
  assert.deepEqual(pipeline.ads.stats, before)
})

function connected(further = ''): Pipeline {
  const pipeline = createPipeline()
  pipeline.edit({ put: objectsFrom(mesh + further, 'mesh.yaml') })
  const client = new EnvoyClient(
    {
      name: 'web-1',
      namespace: 'shop',
      address: '10.1.0.1',
      labels: { app: 'web' },
      interceptionMode: 'REDIRECT',
      variant: 'delta',
    },
    pipeline.open,
  )
  client.connect()
  while (client.hasUnread) client.accept()
  return pipeline
}

const why = ({ status }: Pipeline, type: string, name?: string): Promise<ExplanationView> =>
  status.view.explain('web-1.shop', type, name)

const sources = ({ resources }: ExplanationView): readonly string[] => [
  ...new Set(resources.flatMap(one => one.sources.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`))),
]
