/** What happens when proxies refuse: who is believed, what is held back for whom, and what never is. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectStatus } from '../../src/config/object-status.ts'
import type { PeerIdentity } from '../../src/platform/rpc.ts'
import type { XdsVariant } from '../../src/xds/table-set.ts'
import { typeUrls } from '../../src/xds/type-rules.ts'
import { EnvoyClient } from './envoy-client.ts'
import { createPipeline, objectsFrom, type Pipeline, type PipelineOptions } from './pipeline.ts'

const mesh = `
apiVersion: v1
kind: Service
metadata: {name: store, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: store}, ports: [{name: http, port: 80, targetPort: 8080}]}
`
const route = (status: number): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: store, namespace: shop}
spec: {hosts: [store], http: [{headers: {request: {set: {x-kept: "yes"}}}, directResponse: {status: ${status}}}]}
`
const policy = (path: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: all, namespace: shop}
spec: {action: DENY, rules: [{to: [{operation: {paths: [${path}]}}]}]}
`
const host = '80/store.shop.svc.cluster.local:80'
const reference = { kind: 'VirtualService', namespace: 'shop', name: 'store' } as const

test('several identities that refuse get the last good version back, and nobody else is touched', async () => {
  const world = createWorld()
  const [a, b, other] = [world.join('a'), world.join('b'), world.join('c', 'sotw')]
  world.edit(route(503))
  const good = hostVersion(a)
  world.edit(route(504), 'wait')
  refuse(a, 'no')
  await world.rest()
  assert.equal(world.pipeline.status.quarantine.size, 0)
  refuse(b, 'no')
  await world.rest()
  assert.equal(world.pipeline.status.quarantine.size, 1)
  world.settle()
  assert.equal(hostVersion(a), good)
  assert.equal(hostVersion(b), good)
  const status = statusOf(world)
  assert.deepEqual(counts(status), { acked: 1, waiting: 0, nacked: 0, quarantined: 2 })
  assert.deepEqual(
    status.quarantined.map(({ type, resource, build, evidence, field }) => ({
      type,
      resource,
      build,
      evidence,
      field,
    })),
    [
      {
        type: 'virtual-hosts',
        resource: host,
        build: 'envoy unknown delta',
        evidence: 'proxies',
        field: 'spec.http[0].directResponse.status',
      },
    ],
  )
  assert.ok(other.held(typeUrls.route).size > 0)
  // Who joins never sees what its build refuses.
  const young = world.join('d')
  assert.equal(hostVersion(young), good)
})

test('a changed object is let out of quarantine and must be refused anew', async () => {
  const world = createWorld()
  const [a, b] = [world.join('a'), world.join('b')]
  world.edit(route(503))
  const good = hostVersion(a)
  world.edit(route(504), 'wait')
  refuse(a, 'no')
  refuse(b, 'no')
  await world.rest()
  world.settle()
  assert.equal(hostVersion(a), good)
  world.edit(route(505))
  assert.equal(world.pipeline.status.quarantine.size, 0)
  assert.notEqual(hostVersion(a), good)
  assert.deepEqual(counts(statusOf(world)), { acked: 2, waiting: 0, nacked: 0, quarantined: 0 })
  world.edit(route(504))
  assert.deepEqual(counts(statusOf(world)), { acked: 2, waiting: 0, nacked: 0, quarantined: 0 })
})

test('one identity is one voice, however many streams it has, and a stream without one has none', async () => {
  const world = createWorld()
  const streams = [1, 2, 3, 4].map(n => world.join('a', 'delta', `a${n}`))
  const nobody = [1, 2, 3].map(n => world.join(undefined, 'delta', `n${n}`))
  const young = world.join('b')
  world.edit(route(503))
  world.edit(route(504), 'wait')
  for (const client of [...streams, ...nobody]) refuse(client, 'no')
  await world.rest()
  assert.equal(world.pipeline.status.quarantine.size, 0)
  const before = hostVersion(young)
  world.settle()
  assert.notEqual(hostVersion(young), before)
})

test('a refusal says which object and field it comes from, also where nothing is held back', async () => {
  const world = createWorld({ quarantineAfter: 0 })
  const [a] = [world.join('a'), world.join('b')]
  world.edit(route(503))
  world.edit(route(504), 'wait')
  refuse(a, 'bad status 504')
  await world.rest()
  assert.deepEqual(
    world.pipeline.status.view.stale().map(({ proxy, why, blame }) => ({ proxy, why, blame })),
    [
      { proxy: 'a.shop', why: 'refused', blame: 'VirtualService shop/store: spec.http[0].directResponse.status' },
      { proxy: 'b.shop', why: 'not acknowledged', blame: undefined },
    ],
  )
})

test('what is served in place is what each client had a right to, not what the first to refuse had', async () => {
  const world = createWorld()
  const routes = (exported: string, status: number): string =>
    `${route(status).replace('hosts: [store]', `hosts: [store], exportTo: [${exported}]`)}`
  const [a, b] = [world.join('a'), world.join('b')]
  const far = world.join('c', 'delta', 'c', 'bank')
  // Before, it is for shop alone; then for all, and refused.
  world.edit(routes("'.'", 503))
  const [shops, banks] = [hostVersion(a), hostVersion(far)]
  assert.notEqual(shops, banks)
  world.edit(routes("'*'", 504), 'wait')
  for (const client of [a, b, far]) refuse(client, 'no')
  await world.rest()
  world.settle()
  assert.deepEqual([hostVersion(a), hostVersion(b), hostVersion(far)], [shops, shops, banks])
  assert.equal(hostVersion(world.join('d', 'delta', 'd', 'bank')), banks)
})

test('a policy that all refuse stays in force, is not held back for anybody, and somebody is told', async () => {
  const world = createWorld()
  const clients = [world.join('a'), world.join('b'), world.join('c')]
  world.edit(policy('/one'))
  world.edit(policy('/two'), 'wait')
  for (const client of clients) refuse(client, 'no')
  await world.rest()
  assert.equal(world.pipeline.status.quarantine.size, 0)
  assert.deepEqual([...new Set(world.pipeline.securityRefusals)], ['AuthorizationPolicy'])
  const [a] = clients
  const young = world.join('d')
  const filters = [...young.held(typeUrls.extension)].map(([name, { content }]) => `${name} ${content}`)
  const old = [...(a ?? assert.fail()).held(typeUrls.extension)].map(([name, { content }]) => `${name} ${content}`)
  assert.notDeepEqual(filters, old)
})

test('what makes mutual TLS strict is never held back, be it refused by all or changed together with something else', async () => {
  const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`
  const service = (port: number): string => `
apiVersion: v1
kind: Service
metadata: {name: client, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: client}, ports: [{name: http, port: ${port}, targetPort: ${port}}]}
`
  const slice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: client-a, namespace: shop, labels: {kubernetes.io/service-name: client}}
addressType: IPv4
ports: [{name: http, port: 8000}]
endpoints: [{addresses: [10.1.0.1]}]
`
  for (const together of [strict, `${strict}---${service(8001)}`]) {
    const world = createWorld()
    const clients = [world.join('a'), world.join('b'), world.join('c')]
    world.edit(`${service(8000)}---${slice}`)
    world.edit(together, 'wait')
    for (const client of clients) refuse(client, 'no', typeUrls.listener)
    await world.rest()
    const young = world.join('d')
    // Held back or not, the listener is that of a strict namespace.
    const fresh = createWorld()
    fresh.edit(`${service(8000)}---${slice}---${strict}`)
    const [now, before] = [hosts(young), hosts(fresh.join('d'))]
    fresh.edit(`${service(8001)}`)
    const after = hosts(fresh.join('e'))
    assert.ok([before, after].includes(now), together)
  }

  function hosts(client: EnvoyClient): string | undefined {
    return client.held(typeUrls.listener).get('virtualInbound')?.content
  }
})

interface World {
  readonly pipeline: Pipeline
  join(identity: string | undefined, variant?: XdsVariant, name?: string, namespace?: string): EnvoyClient
  /** `wait`: what is sent waits to be answered. */
  edit(yaml: string, then?: 'settle' | 'wait'): void
  settle(): void
  /** Whatever was put off has been done. */
  rest(): Promise<void>
}

function createWorld(options: PipelineOptions = {}): World {
  const pipeline = createPipeline(options)
  const clients: EnvoyClient[] = []
  pipeline.edit({ put: objectsFrom(mesh) })
  const settle = (): void => {
    while (clients.some(({ hasUnread }) => hasUnread))
      for (const client of clients) if (client.hasUnread) client.accept()
  }
  return {
    pipeline,
    settle,
    join(identity, variant = 'delta', name = identity ?? 'nobody', namespace = 'shop') {
      const node = { name, namespace, address: '10.1.0.1', labels: { app: 'client' }, variant }
      const client = new EnvoyClient({ ...node, interceptionMode: 'REDIRECT' }, kind =>
        pipeline.open(kind, identity === undefined ? anonymous : peerOf(identity, namespace)),
      )
      client.connect()
      clients.push(client)
      settle()
      return client
    },
    edit(yaml, then = 'settle') {
      pipeline.edit({ put: objectsFrom(yaml) })
      if (then === 'settle') settle()
    },
    async rest() {
      for (let i = 0; i < 10; i++) {
        pipeline.clock.advance(1)
        await new Promise(resolve => setImmediate(resolve))
      }
    },
  }
}

const anonymous: PeerIdentity = { transport: 'plaintext', address: '192.0.2.1:1000' }

const peerOf = (name: string, namespace: string): PeerIdentity => ({
  transport: 'tls',
  address: '192.0.2.1:1000',
  certificate: {
    uris: [`spiffe://cluster.local/ns/${namespace}/sa/${name}`],
    serialNumber: '01',
    notAfterMs: Number.MAX_SAFE_INTEGER,
    raw: Buffer.alloc(0),
  },
})

/** Accepts what comes before the first response of the type, and refuses that. */
function refuse(client: EnvoyClient, message: string, typeUrl?: string): void {
  while (typeUrl !== undefined && client.next !== undefined && client.next.typeUrl !== typeUrl) client.accept()
  client.refuse(message)
}

const hostVersion = (client: EnvoyClient): string | undefined => client.held(typeUrls.virtualHost).get(host)?.content

const statusOf = ({ pipeline }: World): ObjectStatus => pipeline.status.statuses.statusOf(reference)

function counts({ proxies: [one] }: ObjectStatus): unknown {
  const { acked = 0, waiting = 0, nacked = 0, quarantined = 0 } = one ?? {}
  return { acked, waiting, nacked, quarantined }
}
