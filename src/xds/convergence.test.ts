/** Random edits and random clients: whatever happens, a quiet client holds what the tables hold. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { createAdsServer } from './ads-server.ts'
import type { ResourceTable } from './resource-table.ts'
import { isWanted, scopeOf } from './subscription.ts'
import { createResourceTable } from './table.ts'
import type { XdsVariant } from './table-set.ts'
import { openFakeStream } from './testing/fake-transport.ts'
import { ModelClient } from './testing/model-client.ts'
import { edit, TestDirectory } from './testing/test-directory.ts'
import { typeUrls } from './type-rules.ts'

const { cluster, endpoint, listener, route, virtualHost, extension } = typeUrls
const clusters = ['c0', 'c1', 'c2', 'c3']
const routes = ['r0', 'r1', 'r2']
const hosts = ['r0/h0', 'r0/h1', 'r1/h0', 'r2/h0']
const canary = 'canary'

/** A configuration in which each route names a cluster that exists. */
interface Mesh {
  readonly clusters: Map<string, string>
  readonly endpoints: Map<string, string>
  readonly listeners: Map<string, string>
  readonly routes: Map<string, string>
  readonly hosts: Map<string, string>
  readonly extensions: Map<string, string>
}

type Edit =
  | {
      readonly kind: 'cluster' | 'endpoint' | 'listener' | 'extension'
      readonly name: number
      readonly content: string
    }
  | { readonly kind: 'point'; readonly name: number; readonly cluster: number }
  | { readonly kind: 'drop cluster' | 'drop endpoint' | 'drop listener' | 'drop route'; readonly name: number }

interface ClientStep {
  readonly kind: 'accept' | 'refuse' | 'pause' | 'resume' | 'reconnect' | 'subscribe' | 'unsubscribe'
  readonly client: number
  readonly name: number
}

type Step = Edit | ClientStep | { readonly kind: 'switch'; readonly name: number } | { readonly kind: 'time' }

const content = fc.constantFrom('x', 'y', 'z')
const name = fc.nat({ max: 3 })
const client = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('cluster', 'endpoint', 'listener', 'extension'), name, content }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('point'), name: fc.nat({ max: 6 }), cluster: name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('drop cluster', 'drop endpoint', 'drop listener', 'drop route', 'switch'),
      name: fc.nat({ max: 6 }),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('accept'), client, name }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('refuse', 'pause', 'resume', 'reconnect', 'subscribe', 'unsubscribe'),
      client,
      name,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time') }) },
)
// The default size of an array stops at ten or so steps, in which a client hardly gets its first responses.
const steps = fc.array(step, { minLength: 1, maxLength: 150, size: 'max' })
const variants = fc.array(fc.constantFrom<XdsVariant>('delta', 'sotw'), { minLength: 1, maxLength: 3 })

class World {
  readonly clock = new FakeClock()
  readonly directory = new TestDirectory()
  readonly ads = createAdsServer({
    directory: this.directory,
    log: silentLog,
    clock: this.clock,
    maxResponseBytes: 150,
  })
  readonly mesh: Mesh = {
    clusters: new Map([
      [clusters[0] ?? '', 'x'],
      [canary, '0'],
    ]),
    endpoints: new Map([[canary, '0']]),
    listeners: new Map([[canary, '0']]),
    routes: new Map([[canary, canary]]),
    hosts: new Map([[`${canary}/h`, canary]]),
    extensions: new Map([[canary, '0']]),
  }
  readonly clients: ModelClient[]
  /** Routes that were gone at some time. */
  readonly dropped = new Set<string>()
  checksRoutes = false

  constructor(kinds: readonly XdsVariant[]) {
    this.commit()
    this.clients = kinds.map(variant => {
      const types = new Map<string, readonly string[]>([
        [cluster, []],
        [endpoint, [canary, 'c0', 'c1']],
        [listener, []],
        [route, [canary, 'r0']],
        [extension, [canary, 'e0', 'e1']],
      ])
      if (variant === 'delta') types.set(virtualHost, [])
      const method = variant === 'delta' ? 'DeltaAggregatedResources' : 'StreamAggregatedResources'
      return new ModelClient(variant, types, () =>
        openFakeStream(this.ads.methods, `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`),
      )
    })
  }

  commit(): void {
    const { mesh, directory } = this
    for (const [type, wanted] of this.byType()) reconcile(directory.table(type), wanted)
    assert.ok([...mesh.routes.values(), ...mesh.hosts.values()].every(target => mesh.clusters.has(target)))
    this.ads.flush()
  }

  byType(): [string, Map<string, string>][] {
    const { mesh } = this
    return [
      [cluster, mesh.clusters],
      [endpoint, mesh.endpoints],
      [listener, mesh.listeners],
      [route, mesh.routes],
      [virtualHost, mesh.hosts],
      [extension, mesh.extensions],
    ]
  }

  run(step: Step, mayRefuse: (typeUrl: string) => boolean): void {
    if (step.kind === 'time') this.clock.advance(10_000)
    else if (step.kind === 'switch') this.switchTables(step.name)
    else if ('client' in step) this.runClient(step, mayRefuse)
    else {
      this.edit(step)
      this.commit()
    }
  }

  edit(step: Edit): void {
    const { mesh } = this
    const from = [...routes, ...hosts][step.name] ?? 'r0'
    const routed = from.includes('/') ? mesh.hosts : mesh.routes
    switch (step.kind) {
      case 'cluster':
        mesh.clusters.set(`c${step.name}`, step.content)
        break
      case 'endpoint':
        mesh.endpoints.set(`c${step.name}`, step.content)
        break
      case 'listener':
        mesh.listeners.set(`l${step.name}`, step.content)
        break
      case 'extension':
        mesh.extensions.set(`e${step.name}`, step.content)
        break
      case 'point':
        if (!mesh.clusters.has(`c${step.cluster}`)) mesh.clusters.set(`c${step.cluster}`, 'new')
        routed.set(from, `c${step.cluster}`)
        break
      case 'drop cluster':
        mesh.clusters.delete(`c${step.name}`)
        for (const map of [mesh.routes, mesh.hosts]) {
          for (const [key, target] of map) if (target === `c${step.name}`) map.set(key, canary)
        }
        break
      case 'drop endpoint':
        mesh.endpoints.delete(`c${step.name}`)
        break
      case 'drop listener':
        mesh.listeners.delete(`l${step.name}`)
        break
      case 'drop route':
        routed.delete(from)
        this.dropped.add(from)
    }
  }

  runClient({ kind, client, name }: ClientStep, mayRefuse: (typeUrl: string) => boolean): void {
    const one = this.clients[client % this.clients.length] ?? assert.fail()
    const [type, resource] = name % 2 === 0 ? [endpoint, `c${name}`] : [route, `r${name % 3}`]
    switch (kind) {
      case 'accept':
        for (let count = 0; count <= 3 * name; count++) {
          one.accept()
          this.checkRoutes(one)
        }
        break
      case 'refuse':
        one.refuse(mayRefuse)
        break
      case 'pause':
        one.pause()
        break
      case 'resume':
        one.resume()
        break
      case 'reconnect':
        // A client of the whole state tells nothing of what it holds, so that this test has it start anew.
        if (one.variant === 'sotw') one.forget()
        one.reconnect()
        break
      case 'subscribe':
        one.subscribe(type, resource)
        break
      case 'unsubscribe':
        one.unsubscribe(type, resource)
    }
  }

  /** All clients get another table of one type; its history is another too. */
  switchTables(which: number): void {
    const [type, wanted] = this.byType()[which % 6] ?? assert.fail()
    const first = createResourceTable(type)
    const names = [...wanted.keys()]
    edit(first, Object.fromEntries(names.filter((_, index) => index % 2 === 0).map(key => [key, wanted.get(key)])))
    edit(first, Object.fromEntries(names.map(key => [key, wanted.get(key)])))
    this.directory.replace(type, [first])
    this.ads.flush()
  }

  /** Everyone reads, accepts, and one more change of every type brings what was refused. */
  quieten(): void {
    for (const one of this.clients) one.resume()
    this.drain()
    this.clock.advance(10_000)
    this.drain()
    for (const [, wanted] of this.byType()) {
      for (const key of wanted.keys()) {
        if (key !== canary && key !== `${canary}/h`) continue
        if (wanted !== this.mesh.routes && wanted !== this.mesh.hosts) wanted.set(key, 'last')
      }
    }
    this.mesh.clusters.set('last', '1')
    this.mesh.routes.set(canary, 'last')
    this.mesh.hosts.set(`${canary}/h`, 'last')
    this.commit()
    this.drain()
  }

  drain(): void {
    for (let round = 0; round < 1000; round++) {
      const busy = this.clients.filter(one => one.hasUnread)
      if (busy.length === 0) return
      for (const one of busy) {
        one.accept()
        this.checkRoutes(one)
      }
    }
    assert.fail('responses do not end')
  }

  checkRoutes(one: ModelClient): void {
    if (!this.checksRoutes) return
    const has = one.held(cluster)
    for (const type of [route, virtualHost]) {
      for (const [from, target] of one.held(type)) {
        // The whole state cannot tell that a route configuration is gone; no listener leads to it any more.
        if (one.variant === 'sotw' && this.dropped.has(from)) continue
        assert.ok(has.has(target), `${one.variant}: ${from} names ${target}`)
      }
    }
  }
}

function reconcile(table: ResourceTable, wanted: ReadonlyMap<string, string>): void {
  const gone = [...table.names()].filter(key => !wanted.has(key)).map(key => [key, undefined])
  edit(table, { ...Object.fromEntries(wanted), ...Object.fromEntries(gone) })
}

function assertConverged(world: World): void {
  for (const one of world.clients) {
    assert.equal(one.ended, false)
    for (const [type, wanted] of world.byType()) {
      const held = one.held(type)
      const names = one.names(type)
      const isWanted = (key: string): boolean => {
        if (type === cluster || type === listener) return true
        if (type === virtualHost) return one.variant === 'delta' && one.names(route).has(scopeOf(key))
        return names.has(key)
      }
      const expected = [...wanted].filter(([key]) => isWanted(key)).sort()
      // What neither variant can tell to be gone may stay: filters, and in the whole state all but clusters and listeners.
      const keepsOld = type === extension || (one.variant === 'sotw' && type !== cluster && type !== listener)
      const actual = [...held].filter(([key]) => !keepsOld || wanted.has(key)).sort()
      assert.deepEqual(actual, expected, `${one.variant} ${type}`)
    }
  }
}

const runs = 200

test('when all is quiet every client holds exactly what the tables hold', () => {
  fc.assert(
    fc.property(variants, steps, (kinds, walk) => {
      const world = new World(kinds)
      for (const one of walk) world.run(one, () => true)
      world.quieten()
      assertConverged(world)
      assertStatusAgrees(world)
    }),
    { numRuns: runs },
  )
})

test('no client ever holds a route to a cluster that it does not hold', () => {
  fc.assert(
    fc.property(variants, steps, (kinds, walk) => {
      const world = new World(kinds)
      world.checksRoutes = true
      for (const one of walk) {
        // Who refuses a cluster has chosen not to have it.
        world.run(one, type => type === route || type === listener || type === virtualHost)
        for (const client of world.clients) world.checkRoutes(client)
      }
      world.quieten()
      assertConverged(world)
    }),
    { numRuns: runs },
  )
})

test('whatever happens, a client is never taken to hold what it does not hold', () => {
  fc.assert(
    fc.property(fc.constantFrom<XdsVariant>('delta', 'sotw'), steps, (variant, walk) => {
      const world = new World([variant])
      for (const one of walk) {
        world.run(one, () => true)
        assertStandings(world)
      }
      world.quieten()
      assertStandings(world)
    }),
    { numRuns: runs },
  )
})

/** Of one client. */
function assertStandings(world: World): void {
  const [one = assert.fail()] = world.clients
  for (const session of world.ads.sessions()) {
    for (const type of session.types) {
      const table = world.directory.table(type.typeUrl)
      const wanted = new Map(world.byType()).get(type.typeUrl) ?? new Map<string, string>()
      const names = [...new Set([...wanted.keys(), ...one.held(type.typeUrl).keys()])]
      const tellsRemovals = one.variant === 'delta' && type.typeUrl !== extension
      for (const [name, standing] of type.standings(names)) {
        if (standing.kind !== 'holds' || !isWanted(type.subscription, name)) continue
        const { version } = standing
        if (version !== table.get(name)?.version || (version === undefined && !tellsRemovals)) continue
        assert.equal(one.held(type.typeUrl).get(name), wanted.get(name), `${type.typeUrl} ${name}`)
      }
    }
  }
}

/** What the server says that a client has accepted is what the client has. */
function assertStatusAgrees(world: World): void {
  const sessions = [...world.ads.sessions()]
  assert.equal(sessions.length, world.clients.length)
  for (const session of sessions) {
    for (const type of session.types) {
      assert.equal(type.isUnacked, false)
      assert.equal(type.isRefused, false)
      assert.equal(type.versionAcked, type.versionSent)
      const table = world.directory.table(type.typeUrl)
      for (const [key, version] of type.held()) assert.equal(version, table.get(key)?.version)
    }
  }
}
