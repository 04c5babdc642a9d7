/** What a list says of proxies is what is true of each object asked for alone, at a cost that follows groups and not streams. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ObjectReference } from '../../src/config/object-status.ts'
import { EnvoyClient } from './envoy-client.ts'
import { createPipeline, objectsFrom, type Pipeline } from './pipeline.ts'
import { editFrom, editPlan, firstEdit, nodes } from './vocabulary.ts'

const references = (pipeline: Pipeline): readonly ObjectReference[] =>
  [...pipeline.inForce.objects.values()].map(({ kind, metadata: { namespace, name } }) => ({ kind, namespace, name }))

test('whatever was edited, acknowledged, refused and left, a list has the figures that each object has by itself', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: editPlan.map(plan => ({ kind: 'edit', plan }) as const) },
    { weight: 3, arbitrary: fc.nat(nodes.length - 1).map(client => ({ kind: 'read', client }) as const) },
    { weight: 1, arbitrary: fc.nat(nodes.length - 1).map(client => ({ kind: 'refuse', client }) as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async steps => {
      const pipeline = createPipeline({ quarantineAfter: 0 })
      pipeline.edit(editFrom(firstEdit))
      const clients = nodes.map(node => new EnvoyClient(node, pipeline.open))
      for (const client of clients) client.connect()
      for (let round = 0; round < 8; round += 1) for (const client of clients) if (client.hasUnread) client.accept()
      for (const one of steps) {
        if (one.kind === 'edit') pipeline.edit(editFrom(one.plan))
        else if (clients[one.client]?.hasUnread === true) {
          if (one.kind === 'read') clients[one.client]?.accept()
          else clients[one.client]?.refuse()
        }
      }
      const all = references(pipeline)
      const listed = await pipeline.status.listed.of(all)
      const alone = all.map(reference =>
        pipeline.status.statuses
          .progressOf(pipeline.status.statuses.concernedBy(reference))
          .map(({ laggards: _, ...counts }) => counts),
      )
      assert.deepEqual(listed, alone)
    }),
    { numRuns: 40 },
  )
})

const mesh = Array.from(
  { length: 20 },
  (_, n) => `
apiVersion: v1
kind: Service
metadata: {name: s${n}, namespace: shop}
spec: {clusterIP: 10.96.0.${n + 1}, selector: {app: s${n}}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: s${n}, namespace: shop}
spec: {hosts: [s${n}], http: [{timeout: 5s, route: [{destination: {host: s${n}}}]}]}
`,
).join('---')

test('a list looks at the streams once, and at each object once until something is committed', async () => {
  const pipeline = createPipeline()
  pipeline.edit({ put: objectsFrom(mesh) })
  const clients = Array.from({ length: 30 }, (_, n) => {
    const node = { name: `web-${n}`, namespace: 'shop', address: `10.1.0.${n + 1}`, labels: { app: 'web' } }
    return new EnvoyClient({ ...node, interceptionMode: 'REDIRECT', variant: 'delta' }, pipeline.open)
  })
  for (const client of clients) client.connect()
  const settle = (): void => {
    while (clients.some(({ hasUnread }) => hasUnread))
      for (const client of clients) while (client.hasUnread) client.accept()
  }
  settle()
  const routes = references(pipeline).filter(({ kind }) => kind === 'VirtualService')
  const { listed } = pipeline.status
  // However slow the machine is: what one list leaves out the next one looks at.
  let figures = await listed.of(routes)
  while (figures.includes(undefined)) figures = await listed.of(routes)
  const everybody = [{ proxyKind: 'sidecar', acked: 30, waiting: 0, nacked: 0, quarantined: 0 }]
  assert.deepEqual(
    figures,
    routes.map(() => everybody),
  )
  assert.equal(listed.cost.experiments, routes.length)
  const { walks } = listed.cost
  assert.deepEqual(await listed.of(routes), figures)
  assert.deepEqual([listed.cost.experiments, listed.cost.walks], [routes.length, walks + 1])

  pipeline.edit({ put: objectsFrom(mesh.replaceAll('5s', '6s')).slice(0, 2) })
  const [changed] = await listed.of(routes.slice(0, 1))
  assert.deepEqual(changed, [{ proxyKind: 'sidecar', acked: 0, waiting: 30, nacked: 0, quarantined: 0 }])
  const { experiments } = listed.cost
  settle()
  assert.deepEqual(await listed.of(routes.slice(0, 1)), [everybody])
  assert.equal(listed.cost.experiments, experiments)
})
