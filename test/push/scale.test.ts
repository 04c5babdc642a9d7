/**
 * Cost follows what changed: counted, not timed, in meshes of different size. What a change resolves, encodes and puts
 * together depends neither on the number of services nor on the number of proxies; only the streams that it reaches do.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvoyClient, type EnvoyNode } from './envoy-client.ts'
import { createPipeline, type Edit, objectsFrom, type Pipeline } from './pipeline.ts'

interface Size {
  readonly services: number
  readonly proxies: number
}

const small: Size = { services: 20, proxies: 5 }
const large: Size = { services: 200, proxies: 50 }

const endpointAdded = { put: objectsFrom(sliceYaml(7, ['10.1.0.1', '10.1.0.2'])) }

const routeChanged = {
  put: objectsFrom(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: s7, namespace: shop}
spec:
  hosts: [s7]
  http:
    - match: [{headers: {x-canary: {exact: "1"}}}]
      route: [{destination: {host: s8}}]
    - route: [{destination: {host: s7}}]
`),
}

const policyChanged = {
  put: objectsFrom(`
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: readers, namespace: shop}
spec: {action: ALLOW, rules: [{to: [{operation: {methods: [GET]}}]}]}
`),
}

for (const variant of ['delta', 'sotw'] as const) {
  test(`${variant}: the second proxy of a facet resolves and encodes nothing, and is sent the bytes of the first`, () => {
    const { pipeline, join } = mesh({ services: 200, proxies: 1 }, variant)
    const calls = { ...pipeline.calls }
    const { bytesEncoded, bytesSent } = pipeline.ads.stats
    const second = join(1)
    assert.deepEqual({ ...pipeline.calls }, calls)
    assert.ok(second.received.some(({ added }) => added.length > 200))
    assert.equal(pipeline.ads.stats.bytesSent, 2 * bytesSent)
    const heads = pipeline.ads.stats.bytesEncoded - bytesEncoded
    assert.ok(heads <= 2 * mostHeadBytes, `${heads} bytes were put together for a response that was there`)
  })

  for (const [what, edit] of Object.entries({ endpointAdded, policyChanged })) {
    test(`${variant}: ${what} costs the same in a mesh ten times the size`, () => {
      const [inSmall, inLarge] = [small, large].map(size => costOf(mesh(size, variant), edit))
      assert.deepEqual([inLarge?.work, inLarge?.framesBuilt], [inSmall?.work, inSmall?.framesBuilt])
      assert.deepEqual([inSmall?.streamsWoken, inLarge?.streamsWoken], [small.proxies, large.proxies])
      assert.deepEqual([inSmall?.messagesSent, inLarge?.messagesSent], [small.proxies, large.proxies])
    })
  }
}

test('delta: a changed route costs the same in a mesh ten times the size, and as many bytes', () => {
  const [inSmall, inLarge] = [small, large].map(size => costOf(mesh(size, 'delta'), routeChanged))
  assert.deepEqual([inLarge?.work, inLarge?.framesBuilt], [inSmall?.work, inSmall?.framesBuilt])
  assert.deepEqual([inSmall?.messagesSent, inLarge?.messagesSent], [small.proxies, large.proxies])
  assert.ok((inLarge?.bytesPerMessage ?? 0) < 1024, `${inLarge?.bytesPerMessage} bytes`)
})

test('sotw: a changed route is one route configuration, resolved, encoded and framed once for all', () => {
  const [inSmall, inLarge] = [small, large].map(size => costOf(mesh(size, 'sotw'), routeChanged))
  assert.deepEqual([inLarge?.work, inLarge?.framesBuilt], [inSmall?.work, inSmall?.framesBuilt])
  assert.deepEqual([inSmall?.messagesSent, inLarge?.messagesSent], [small.proxies, large.proxies])
})

test('a service that comes and goes is resolved and encoded for facets, and put together once but for heads', () => {
  for (const variant of ['delta', 'sotw'] as const) {
    const service = objectsFrom(serviceYaml(1000))
    const [few, many] = [5, 50].map(proxies => {
      const world = mesh({ services: 20, proxies }, variant)
      return [costOf(world, { put: service }), costOf(world, { remove: service })]
    })
    for (const [index, cost] of (few ?? []).entries()) {
      const other = many?.[index]
      assert.deepEqual(other?.work, cost.work, variant)
      const heads = (other?.bytesEncoded ?? 0) - cost.bytesEncoded
      assert.ok(heads <= 45 * mostHeadBytes, `${variant}: ${heads} bytes`)
    }
  }
})

/** A response over several tables (clusters: outbound, inbound, passthrough) shares its body, but has a head for each stream. */
const mostHeadBytes = 120

interface Mesh {
  readonly pipeline: Pipeline
  readonly clients: readonly EnvoyClient[]
  /** Connects one more and lets it have all. */
  join(index: number): EnvoyClient
}

function mesh({ services, proxies }: Size, variant: EnvoyNode['variant']): Mesh {
  const pipeline = createPipeline()
  const indices = [...Array(services).keys()]
  pipeline.edit({ put: objectsFrom(indices.map(index => serviceYaml(index)).join('\n---\n')) })
  const join = (index: number): EnvoyClient => {
    const address = `10.2.${Math.floor(index / 200)}.${(index % 200) + 1}`
    const client = new EnvoyClient(
      {
        name: `web-${index}`,
        namespace: 'shop',
        address,
        labels: { app: 'web' },
        interceptionMode: 'REDIRECT',
        variant,
      },
      pipeline.open,
    )
    client.connect()
    settle([client])
    return client
  }
  return { pipeline, clients: [...Array(proxies).keys()].map(join), join }
}

function costOf({ pipeline, clients }: Mesh, edit: Edit) {
  const before = { ...pipeline.ads.stats }
  const { resolved, encoded, recomputed, tablesChanged, resourcesChanged } = pipeline.edit(edit)
  settle(clients)
  const after = pipeline.ads.stats
  const messagesSent = after.messagesSent - before.messagesSent
  return {
    work: {
      resolved,
      encoded,
      recomputed: Object.fromEntries([...recomputed].sort()),
      tablesChanged,
      resourcesChanged,
    },
    framesBuilt: after.framesBuilt - before.framesBuilt,
    streamsWoken: after.streamsWoken - before.streamsWoken,
    messagesSent,
    bytesEncoded: after.bytesEncoded - before.bytesEncoded,
    bytesPerMessage: (after.bytesSent - before.bytesSent) / messagesSent,
  }
}

/** All in step, as real clients of one change are: each reads what it has been sent before any of them acknowledges more. */
function settle(clients: readonly EnvoyClient[]): void {
  while (clients.some(({ hasUnread }) => hasUnread)) for (const client of clients) client.accept()
  for (const client of clients) assert.deepEqual(client.missing(), [])
}

function serviceYaml(index: number): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: s${index}, namespace: shop}
spec: {clusterIP: 10.96.${Math.floor(index / 250)}.${(index % 250) + 1}, ports: [{name: http, port: 80}]}
---
${sliceYaml(index, ['10.1.0.1'])}`
}

function sliceYaml(index: number, addresses: readonly string[]): string {
  return `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s${index}-a, namespace: shop, labels: {kubernetes.io/service-name: s${index}}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [${addresses.map(address => `{addresses: [${address}]}`).join(', ')}]
`
}
