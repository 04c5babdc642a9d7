/** What a preview says would be pushed is what an edit then pushes, and a preview by itself leaves nothing behind. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shortTypeOf } from '../../src/platform/resource-types.ts'
import { clusterType, listenerType, typesInOrder } from '../../src/translate/type-urls.ts'
import { Table } from '../../src/xds/table.ts'
import { EnvoyClient } from './envoy-client.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { type EditPlan, editFrom, editPlan, firstEdit, nodes } from './vocabulary.ts'

const objectEdit = editPlan.filter(({ mesh }) => mesh === undefined)
const history = fc.array(objectEdit, { minLength: 1, maxLength: 12 })

test('a preview changes no table, log, facet or counter, and wakes no stream', () => {
  fc.assert(
    fc.property(history, objectEdit, (edits, supposed) => {
      const { pipeline } = connectedWorld(edits)
      const before = snapshot(pipeline)
      pipeline.preview(editFrom(supposed))
      assert.deepEqual(snapshot(pipeline), before)
      pipeline.ads.flush()
      assert.deepEqual(snapshot(pipeline), before)
    }),
    { numRuns: 60 },
  )
})

test('a preview tells the proxies, the resources of each type and the bytes that the edit then sends', () => {
  fc.assert(
    fc.property(history, objectEdit, (edits, next) => {
      const { pipeline, clients } = connectedWorld(edits)
      const effect = pipeline.preview(editFrom(next))
      const wanted = clients.map(client => subscriptionsOf(pipeline, client))
      const received = clients.map(client => client.received.length)
      const bytesBefore = pipeline.ads.stats.bytesSent
      const messagesBefore = pipeline.ads.stats.messagesSent
      pipeline.edit(editFrom(next))
      settle(pipeline, clients)
      const sent = new Map<string, number>()
      // A removal that a client no longer wants to hear of, because it took what named the resource away before.
      const moot = new Map<string, number>()
      let proxies = 0
      let asked = 0
      for (const [i, client] of clients.entries()) {
        let any = false
        for (const one of client.received.slice(received[i])) {
          const type = shortTypeOf(one.typeUrl)
          // A state of the world repeats everything.
          const repeated = one.typeUrl === clusterType || one.typeUrl === listenerType ? [] : one.repeated
          const told = [...one.added, ...one.changed, ...one.removed, ...repeated]
          // What a client asks for because of the change is an answer, and no push.
          const pushed = told.filter(name => wanted[i]?.(one.typeUrl, name) === true)
          asked += told.length - pushed.length
          if (pushed.length > 0) any = true
          sent.set(type, (sent.get(type) ?? 0) + pushed.length)
          moot.set(type, (moot.get(type) ?? 0) + one.ignored.length)
          if (one.typeUrl === clusterType) moot.set('endpoints', (moot.get('endpoints') ?? 0) + one.removed.length)
        }
        if (any) proxies++
      }
      for (const type of typesInOrder.map(shortTypeOf)) {
        const told = effect.byType.find(one => one.type === type)?.resources ?? 0
        const count = sent.get(type) ?? 0
        assert.ok(told >= count && told <= count + (moot.get(type) ?? 0), `${type}: ${told}, sent ${count}`)
      }
      assert.equal(effect.proxies, proxies)
      const bytes = pipeline.ads.stats.bytesSent - bytesBefore
      const overhead = 400 * (pipeline.ads.stats.messagesSent - messagesBefore)
      const mootBytes = 100 * [...moot.values()].reduce((a, b) => a + b, 0)
      assert.ok(effect.bytes <= bytes + mootBytes, `${effect.bytes} of ${bytes}`)
      // A state of the world is sent once more when removed clusters may go.
      if (asked === 0) assert.ok(2 * effect.bytes >= bytes - overhead, `${effect.bytes} of ${bytes}`)
    }),
    { numRuns: 60 },
  )
})

interface World {
  readonly pipeline: Pipeline
  readonly clients: readonly EnvoyClient[]
}

function connectedWorld(edits: readonly EditPlan[]): World {
  const pipeline = createPipeline()
  for (const edit of [firstEdit, ...edits]) pipeline.edit(editFrom(edit))
  const clients = nodes.map(node => new EnvoyClient(node, pipeline.open))
  for (const client of clients) client.connect()
  settle(pipeline, clients)
  return { pipeline, clients }
}

function settle(pipeline: Pipeline, clients: readonly EnvoyClient[]): void {
  for (let round = 0; round < 2; round++) {
    while (clients.some(({ hasUnread }) => hasUnread)) {
      for (const client of clients) if (client.hasUnread) client.accept()
    }
    if (round === 0) pipeline.clock.advance(6000)
  }
}

function subscriptionsOf({ ads }: Pipeline, client: EnvoyClient): (typeUrl: string, name: string) => boolean {
  const session = [...ads.sessions()].find(({ node }) => node.id === client.id) ?? assert.fail()
  const byType = new Map(session.types.map(type => [type.typeUrl, type.subscription]))
  return (typeUrl, name) => {
    const subscription = byType.get(typeUrl)
    const scope = name.slice(0, Math.max(0, name.lastIndexOf('/')))
    return (
      subscription !== undefined &&
      (subscription.wildcard || subscription.names.has(name) || subscription.scopes.has(scope))
    )
  }
}

/** Everything that a client or a later push could tell. */
function snapshot({ ads, translation, directory, graph }: Pipeline): unknown {
  const tables = new Set<Table>()
  for (const { node } of ads.sessions()) {
    for (const typeUrl of typesInOrder) {
      for (const table of directory.tablesOf(node.id)?.tables(typeUrl) ?? [])
        if (table instanceof Table) tables.add(table)
    }
  }
  return {
    stats: ads.stats,
    facets: [...translation.facetCounts()],
    diagram: graph.diagram(),
    tables: [...tables].map(table => ({
      id: table.id,
      version: table.version,
      log: table.logLength,
      floor: table.floor,
      cursors: table.cursorCount,
      content: [...table.names()].map(name => [name, table.get(name)?.wrapped.toString('base64')]),
    })),
    sessions: [...ads.sessions()].map(({ id, types }) => [id, types.map(type => [...type.held()])]),
  }
}
