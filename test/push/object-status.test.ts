/** The status of objects against clients that acknowledge, lag, refuse and leave. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectStatus } from '../../src/config/object-status.ts'
import { EnvoyClient, type EnvoyNode } from './envoy-client.ts'
import { createPipeline, objectsFrom, type Pipeline } from './pipeline.ts'

const mesh = `
apiVersion: v1
kind: Service
metadata: {name: store, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: store}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: till, namespace: bank}
spec: {clusterIP: 10.96.0.2, selector: {app: till}, ports: [{name: http, port: 81, targetPort: 8080}]}
`

const route = (status: number): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: store, namespace: shop}
spec: {hosts: [store], exportTo: ['.'], http: [{directResponse: {status: ${status}}}]}
`
const policy = (name: string, app: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: shop}
spec: {selector: {matchLabels: {app: ${app}}}, action: DENY, rules: [{to: [{operation: {paths: [/secret]}}]}]}
`

const reference = { kind: 'VirtualService', namespace: 'shop', name: 'store' } as const

test('only the proxies that an object concerns are counted, and each by what it has acknowledged', () => {
  const { pipeline, clients, settle } = world()
  settle()
  pipeline.edit({ put: objectsFrom(route(503)) })
  assert.deepEqual(counts(pipeline.status.statuses.statusOf(reference)), { acked: 0, waiting: 2, nacked: 0 })
  drain(clients.web)
  const status = pipeline.status.statuses.statusOf(reference)
  assert.deepEqual(counts(status), { acked: 1, waiting: 1, nacked: 0 })
  assert.deepEqual(
    status.proxies[0]?.laggards.map(({ proxy, state, type, resource }) => ({ proxy, state, type, resource })),
    [{ proxy: 'store-1.shop', state: 'waiting', type: 'routes', resource: '80' }],
  )
  drain(clients.store)
  assert.deepEqual(counts(pipeline.status.statuses.statusOf(reference)), { acked: 2, waiting: 0, nacked: 0 })
  // It is for clients of shop alone.
  assert.equal(pipeline.status.statuses.concernedBy(reference).size, 2)
})

test('a policy concerns the workloads that it selects and nobody else of its namespace', () => {
  const { pipeline, settle } = world()
  settle()
  pipeline.edit({ put: objectsFrom(policy('secret', 'web')) })
  settle()
  const status = pipeline.status.statuses.statusOf({ kind: 'AuthorizationPolicy', namespace: 'shop', name: 'secret' })
  assert.deepEqual(counts(status), { acked: 1, waiting: 0, nacked: 0 })
  pipeline.edit({ put: objectsFrom(policy('nobody', 'unknown')) })
  const idle = pipeline.status.statuses.statusOf({ kind: 'AuthorizationPolicy', namespace: 'shop', name: 'nobody' })
  assert.deepEqual(idle.proxies, [])
})

test('a refusal is never an acknowledgement, and says who, what, since when and why', () => {
  const { pipeline, clients, settle } = world()
  settle()
  pipeline.edit({ put: objectsFrom(route(503)) })
  clients.web.refuse()
  drain(clients.store)
  const status = pipeline.status.statuses.statusOf(reference)
  assert.deepEqual(counts(status), { acked: 1, waiting: 0, nacked: 1 })
  const laggard = status.proxies[0]?.laggards[0]
  assert.equal(laggard?.proxy, 'web-1.shop')
  assert.equal(laggard?.type, 'virtual-hosts')
  assert.notEqual(laggard?.message, undefined)
  assert.deepEqual(
    pipeline.status.view.stale().map(({ proxy, type, why }) => ({ proxy, type, why })),
    [{ proxy: 'web-1.shop', type: 'virtual-hosts', why: 'refused' }],
  )
})

test('a wait ends with the last acknowledgement, and not before', async () => {
  const { pipeline, clients, settle } = world()
  settle()
  pipeline.edit({ put: objectsFrom(route(503)) })
  let ended = false
  const waiting = wait(pipeline, 'everywhere').finally(() => {
    ended = true
  })
  drain(clients.web)
  pipeline.clock.advance(100)
  await turn()
  assert.equal(ended, false)
  drain(clients.store)
  pipeline.clock.advance(1)
  const outcome = await waiting
  assert.equal(outcome.met, true)
  assert.equal(outcome.waitedMs, 100)
  assert.equal(outcome.spreadMs, 100)
})

test('a wait whose time is up names those that lag; one that all laggards have refused ends at once', async () => {
  const { pipeline, clients, settle } = world()
  settle()
  pipeline.edit({ put: objectsFrom(route(503)) })
  const slow = wait(pipeline, 'everywhere')
  drain(clients.web)
  pipeline.clock.advance(30_000)
  const outcome = await slow
  assert.equal(outcome.met, false)
  assert.deepEqual(
    outcome.proxies.flatMap(({ laggards }) => laggards.map(({ proxy, state }) => `${proxy} ${state}`)),
    ['store-1.shop waiting'],
  )
  const refused = wait(pipeline, 'everywhere')
  clients.store.refuse()
  pipeline.clock.advance(1)
  assert.equal((await refused).met, false)
})

test('what an object took away must be acknowledged too: of a smaller version, and of a deletion', async () => {
  const { pipeline, clients, settle } = world()
  pipeline.edit({ put: objectsFrom(route(503)) })
  settle()
  pipeline.edit({ remove: objectsFrom(route(503)) })
  const waiting = wait(pipeline, 'deleted')
  drain(clients.web)
  pipeline.clock.advance(10)
  drain(clients.store)
  pipeline.clock.advance(1)
  const outcome = await waiting
  assert.equal(outcome.met, true)
  assert.equal(outcome.proxies[0]?.acked, 2)
  assert.equal(outcome.waitedMs, 10)
})

test('a proxy that leaves holds up nobody, and a newer version is what counts', async () => {
  const { pipeline, clients, settle } = world()
  settle()
  pipeline.edit({ put: objectsFrom(route(503)) })
  const waiting = wait(pipeline, 'everywhere')
  pipeline.edit({ put: objectsFrom(route(504)) })
  drain(clients.web)
  clients.store.disconnect()
  pipeline.clock.advance(5)
  const outcome = await waiting
  assert.equal(outcome.met, true)
  assert.equal(outcome.proxies[0]?.acked, 1)
})

test('two that claim a host are told of each other, and which of them counts', () => {
  const { pipeline } = world()
  const rule = (name: string, at: string): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: shop, creationTimestamp: "${at}"}
spec: {host: store}
`
  pipeline.edit({
    put: objectsFrom(`${rule('young', '2026-02-01T00:00:00Z')}---${rule('old', '2026-01-01T00:00:00Z')}`),
  })
  const conflicts = (name: string): ObjectStatus['conflicts'] =>
    pipeline.status.statuses.statusOf({ kind: 'DestinationRule', namespace: 'shop', name }).conflicts
  assert.deepEqual(
    conflicts('young').map(one => [one.with.name, one.field, one.subject]),
    [['old', 'spec.host', 'store.shop.svc.cluster.local']],
  )
  assert.match(conflicts('young')[0]?.reason ?? '', /shop\/old, the older, counts/)
  assert.match(conflicts('old')[0]?.reason ?? '', /this one, the older, counts/)
})

interface World {
  readonly pipeline: Pipeline
  readonly clients: { readonly web: EnvoyClient; readonly store: EnvoyClient; readonly till: EnvoyClient }
  settle(): void
}

function world(): World {
  const pipeline = createPipeline()
  pipeline.edit({ put: objectsFrom(mesh) })
  const clients = {
    web: new EnvoyClient(node('web', 'shop', '10.1.0.1', 'delta'), pipeline.open),
    store: new EnvoyClient(node('store', 'shop', '10.1.0.2', 'sotw'), pipeline.open),
    till: new EnvoyClient(node('till', 'bank', '10.1.0.3', 'delta'), pipeline.open),
  }
  const all = Object.values(clients)
  for (const client of all) client.connect()
  const settle = (): void => {
    while (all.some(({ hasUnread }) => hasUnread)) for (const client of all) drain(client)
  }
  settle()
  return { pipeline, clients, settle }
}

const node = (app: string, namespace: string, address: string, variant: EnvoyNode['variant']): EnvoyNode => ({
  name: `${app}-1`,
  namespace,
  address,
  labels: { app },
  interceptionMode: 'REDIRECT',
  variant,
})

function drain(client: EnvoyClient): void {
  while (client.hasUnread) client.accept()
}

function counts({ proxies }: ObjectStatus): { acked: number; waiting: number; nacked: number } {
  const [{ acked, waiting, nacked } = { acked: 0, waiting: 0, nacked: 0 }] = proxies
  return { acked, waiting, nacked }
}

const wait = ({ status }: Pipeline, condition: string) =>
  status.view.wait({ ...reference, condition, timeoutMs: 30_000 }, new AbortController().signal)

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
