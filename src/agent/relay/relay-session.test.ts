import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../../platform/clock.ts'
import { encodedResource } from '../../platform/encoded-resource.ts'
import { silentLog } from '../../platform/log.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import { createAgentMetrics } from '../metrics.ts'
import {
  createTestDaemon,
  createTestEnvoy,
  memoryDuplex,
  type TestDaemon,
  type TestEnvoy,
  testContent,
} from '../testing/peers.ts'
import { parseDeltaRequest } from './delta-messages.ts'
import { createLastGood, type LastGood } from './last-good.ts'
import type { RelaySession } from './relay-session.ts'
import { relayMethod } from './xds-relay.ts'

const { cluster, endpoint, listener, route, virtualHost } = typeUrls

let folder: string
let files = 0
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-relay-'))
})
after(() => rm(folder, { recursive: true }))

interface Mesh {
  readonly clock: FakeClock
  readonly daemon: TestDaemon
  readonly file: string
  readonly metrics: ReturnType<typeof createAgentMetrics>
  lastGood(): Promise<LastGood>
  /** A new Envoy with a stream of its own. */
  envoy(lastGood: LastGood): TestEnvoy & { close(): void; readonly isClosed: boolean }
  /** Delivers and answers until nothing is in flight. */
  settle(...envoys: TestEnvoy[]): void
}

function mesh(): Mesh {
  const clock = new FakeClock()
  const daemon = createTestDaemon(clock)
  files += 1
  const file = path.join(folder, `last-good-${files}.bin`)
  const metrics = createAgentMetrics(() => clock.now())
  return {
    clock,
    daemon,
    file,
    metrics,
    async lastGood() {
      const lastGood = createLastGood({ file, variant: 'delta', nodeId: 'node-1', clock, log: silentLog })
      await lastGood.load()
      return lastGood
    },
    envoy(lastGood) {
      const sessions = new Set<RelaySession>()
      let isClosed = false
      const stream = memoryDuplex(
        body => envoy.receive(body),
        () => {
          isClosed = true
        },
      )
      const options = { upstream: daemon.upstream, lastGood, clock, random: () => 0.5, log: silentLog, metrics }
      const method = relayMethod('delta', options, sessions)
      method.handle(stream)
      const envoy = createTestEnvoy(body => stream.handlers.message(body))
      return Object.assign(envoy, {
        close: () => stream.handlers.close(),
        get isClosed() {
          return isClosed
        },
      })
    },
    settle(...envoys) {
      let moved = true
      while (moved) {
        // The server holds removals of clusters back by a timer, here of no length.
        clock.advance(0)
        moved = daemon.deliver()
        for (const envoy of envoys) moved = envoy.process() || moved
      }
    },
  }
}

/** What a type's table holds, of the names wanted. */
function expected(daemon: TestDaemon, typeUrl: string, names?: readonly string[]): Map<string, string> {
  const table = daemon.table(typeUrl)
  const all = [...table.names()].filter(name => names === undefined || names.includes(name))
  return new Map(all.sort().map(name => [name, table.get(name)?.version ?? '']))
}

const sorted = (held: ReadonlyMap<string, string> | undefined): Map<string, string> =>
  new Map([...(held ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))

test("Envoy's acknowledgements and refusals reach the daemon as its own", async () => {
  const { daemon, envoy: connect, lastGood, settle } = mesh()
  daemon.put(cluster, 'a', '1')
  const envoy = connect(await lastGood())
  envoy.subscribe(cluster, [])
  settle(envoy)
  assert.deepEqual(sorted(envoy.state.get(cluster)), expected(daemon, cluster))
  assert.deepEqual([daemon.server.stats.acks, daemon.server.stats.nacks], [1, 0])
  envoy.refused.add(encodedResource(cluster, 'a', testContent('a', 'bad')).version)
  daemon.put(cluster, 'a', 'bad')
  settle(envoy)
  assert.deepEqual([daemon.server.stats.acks, daemon.server.stats.nacks], [1, 1])
  assert.match([...daemon.server.sessions()][0]?.node.id ?? '', /node-1/)
})

test('a daemon that goes and comes back finds Envoy on the same stream, and sends it only what changed meanwhile', async () => {
  const { clock, daemon, envoy: connect, lastGood, metrics, settle } = mesh()
  for (const name of ['a', 'b', 'c']) daemon.put(cluster, name, '1')
  daemon.put(endpoint, 'a', '1')
  const envoy = connect(await lastGood())
  envoy.subscribe(cluster, [])
  envoy.subscribe(endpoint, ['a'])
  settle(envoy)
  daemon.setUp(false)
  daemon.put(cluster, 'b', '2')
  daemon.put(cluster, 'c', undefined)
  for (let tries = 0; tries < 5; tries++) {
    clock.advance(6_000)
    settle(envoy)
  }
  daemon.setUp(true)
  daemon.restart()
  clock.advance(6_000)
  settle(envoy)
  assert.equal(envoy.isClosed, false)
  assert.deepEqual(sorted(envoy.state.get(cluster)), expected(daemon, cluster))
  const [first, second] = (daemon.received.at(-1) ?? []).map(parseDeltaRequest)
  assert.deepEqual([...(first?.initialVersions.keys() ?? [])].sort(), ['a', 'b', 'c'])
  assert.ok(first?.node !== undefined && second?.node === undefined)
  assert.deepEqual(second?.subscribe, ['a'])
  // The change and the removal; the cluster "a" and its endpoints were not sent again.
  assert.equal(daemon.server.stats.messagesSent, 2)
  const value = await metrics.daemonConnectionTerminations.get()
  assert.equal(value.values[0]?.value, 1)
})

test('the answer to a response of the daemon before is not counted by the next one', async () => {
  const { clock, daemon, envoy: connect, lastGood, settle } = mesh()
  daemon.put(cluster, 'a', '1')
  const envoy = connect(await lastGood())
  envoy.subscribe(cluster, [])
  while (daemon.deliver());
  // The response is with Envoy, unanswered, when the daemon is replaced by one that gives out the same nonces.
  daemon.restart()
  clock.advance(200)
  while (daemon.deliver());
  const refusals = encodedResource(cluster, 'a', testContent('a', '1')).version
  envoy.refused.add(refusals)
  envoy.process()
  while (daemon.deliver());
  assert.deepEqual([daemon.server.stats.acks, daemon.server.stats.nacks, daemon.server.stats.staleNonces], [0, 0, 0])
  envoy.refused.delete(refusals)
  settle(envoy)
  assert.deepEqual([daemon.server.stats.acks, daemon.server.stats.nacks], [1, 0])
})

test('a resource that Envoy took in while the daemon broke, and that is gone since, does not stay in Envoy', async () => {
  const { clock, daemon, envoy: connect, lastGood, settle } = mesh()
  daemon.put(cluster, 'a', '1')
  const envoy = connect(await lastGood())
  envoy.subscribe(cluster, [])
  while (daemon.deliver());
  daemon.restart()
  daemon.put(cluster, 'a', undefined)
  clock.advance(200)
  settle(envoy)
  assert.equal(envoy.state.get(cluster)?.size, 0)
})

test('an Envoy that starts while the daemon is away is served the last good configuration, then what changed', async () => {
  const one = mesh()
  const { clock, daemon, settle } = one
  daemon.put(cluster, 'a', '1')
  daemon.put(listener, 'l', '1')
  daemon.put(endpoint, 'a', '1')
  const first = one.envoy(await one.lastGood())
  first.subscribe(cluster, [])
  first.subscribe(endpoint, ['a'])
  first.subscribe(listener, [])
  settle(first)
  clock.advance(1_000)
  assert.equal((await stat(one.file)).mode & 0o777, 0o600)
  first.close()
  daemon.setUp(false)
  daemon.put(endpoint, 'a', '2')

  const second = one.envoy(await one.lastGood())
  second.subscribe(cluster, [])
  settle(second)
  assert.deepEqual(sorted(second.state.get(cluster)), expected(daemon, cluster))
  second.subscribe(endpoint, ['a', 'unknown'])
  second.subscribe(listener, [])
  settle(second)
  assert.deepEqual([...(second.state.get(endpoint)?.keys() ?? [])], ['a'])
  assert.deepEqual(sorted(second.state.get(listener)), expected(daemon, listener))
  daemon.setUp(true)
  daemon.restart()
  clock.advance(10_000)
  settle(second)
  assert.deepEqual(sorted(second.state.get(endpoint)), expected(daemon, endpoint))
  // Of clusters, listeners and endpoints only the last ones had changed.
  assert.equal(daemon.server.stats.messagesSent, 1)
})

test('offline, an empty wildcard is answered as empty, and a name that does not exist as absent, each once', async () => {
  const one = mesh()
  const first = one.envoy(await one.lastGood())
  first.subscribe(cluster, [])
  first.subscribe(endpoint, ['gone'])
  one.settle(first)
  one.clock.advance(1_000)
  first.close()
  one.daemon.setUp(false)
  const second = one.envoy(await one.lastGood())
  second.subscribe(cluster, [])
  second.subscribe(endpoint, ['gone', 'unheard of'])
  one.daemon.deliver()
  assert.deepEqual([second.process(), second.process(), second.process()], [true, true, false])
  assert.equal((await one.metrics.offlineResponses.get()).values[0]?.value, 2)
})

test('a daemon that accepts the connection and says nothing is bridged as well', async () => {
  const one = mesh()
  one.daemon.put(cluster, 'a', '1')
  const first = one.envoy(await one.lastGood())
  first.subscribe(cluster, [])
  one.settle(first)
  const lastGood = await one.lastGood()
  one.clock.advance(1_000)
  first.close()
  await lastGood.load()
  const second = one.envoy(lastGood)
  second.subscribe(cluster, [])
  assert.equal(second.process(), false)
  one.clock.advance(1_000)
  assert.equal(second.process(), true)
  assert.equal(second.state.get(cluster)?.size, 1)
})

test('virtual hosts are served offline only behind the route configuration that they belong to', async () => {
  const one = mesh()
  const { daemon, settle } = one
  daemon.put(route, '80', '1')
  daemon.put(route, '90', '1')
  daemon.put(virtualHost, '80/a', '1')
  daemon.put(virtualHost, '90/b', '1')
  const first = one.envoy(await one.lastGood())
  first.subscribe(route, ['80', '90'])
  settle(first)
  first.subscribe(virtualHost, [])
  settle(first)
  assert.equal(first.state.get(virtualHost)?.size, 2)
  one.clock.advance(1_000)
  first.close()
  daemon.setUp(false)
  const second = one.envoy(await one.lastGood())
  second.subscribe(route, ['80'])
  settle(second)
  second.subscribe(virtualHost, [])
  settle(second)
  assert.deepEqual([...(second.state.get(virtualHost)?.keys() ?? [])], ['80/a'])
  second.subscribe(route, ['90'])
  settle(second)
  assert.deepEqual([...(second.state.get(virtualHost)?.keys() ?? [])].sort(), ['80/a', '90/b'])
})

test('a client that the daemon refuses is not served from the disk', async () => {
  const one = mesh()
  one.daemon.put(cluster, 'a', '1')
  const first = one.envoy(await one.lastGood())
  first.subscribe(cluster, [])
  one.settle(first)
  one.clock.advance(1_000)
  first.close()
  const refusing = mesh()
  const stream = memoryDuplex(
    () => assert.fail('nothing is to be sent'),
    () => undefined,
  )
  const upstream: TestDaemon['upstream'] = {
    open(_path, handlers) {
      queueMicrotask(() => handlers.onClose({ code: 'PERMISSION_DENIED', message: 'not you' }))
      return { send: () => undefined, pause: () => undefined, resume: () => undefined, cancel: () => undefined }
    },
  }
  const { clock, metrics } = refusing
  const options = { upstream, lastGood: await one.lastGood(), clock, random: () => 0.5, log: silentLog, metrics }
  const method = relayMethod('delta', options, new Set())
  if (method.kind === 'duplex') await method.handle(stream)
  createTestEnvoy(body => stream.handlers.message(body)).subscribe(cluster, [])
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(100)
  await new Promise(resolve => setImmediate(resolve))
})

test('a damaged file, and one of another node, are as if there were none', async () => {
  const one = mesh()
  one.daemon.put(cluster, 'a', '1')
  const envoy = one.envoy(await one.lastGood())
  envoy.subscribe(cluster, [])
  one.settle(envoy)
  one.clock.advance(1_000)
  assert.equal((await one.lastGood()).ofType(cluster)?.resources.size, 1)
  const options = { file: one.file, clock: one.clock, log: silentLog }
  const other = createLastGood({ ...options, variant: 'delta', nodeId: 'node-2' })
  await other.load()
  assert.equal(other.ofType(cluster), undefined)
  const content = await readFile(one.file)
  content.writeUInt8(content.readUInt8(content.length - 1) ^ 1, content.length - 1)
  await writeFile(one.file, content)
  assert.equal((await one.lastGood()).ofType(cluster), undefined)
})

test('a message that does not parse ends that stream alone', async () => {
  const one = mesh()
  one.daemon.put(cluster, 'a', '1')
  const good = one.envoy(await one.lastGood())
  let isClosed = false
  const stream = memoryDuplex(
    () => undefined,
    () => {
      isClosed = true
    },
  )
  const options = {
    upstream: one.daemon.upstream,
    lastGood: await one.lastGood(),
    clock: one.clock,
    random: () => 0.5,
    log: silentLog,
    metrics: one.metrics,
  }
  const method = relayMethod('delta', options, new Set())
  if (method.kind === 'duplex') await method.handle(stream)
  stream.handlers.message(Buffer.from([0x0a, 0xff]))
  assert.equal(isClosed, true)
  good.subscribe(cluster, [])
  one.settle(good)
  assert.equal(good.state.get(cluster)?.size, 1)
})

type Step =
  | { readonly kind: 'put'; readonly typeUrl: string; readonly name: string; readonly content: string | undefined }
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly name: string }
  | { readonly kind: 'deliver' | 'process' | 'restart' | 'down' | 'up' }
  | { readonly kind: 'advance'; readonly ms: number }

const names = ['a', 'b', 'c']
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    typeUrl: fc.constantFrom(cluster, endpoint),
    name: fc.constantFrom(...names),
    content: fc.constantFrom('1', '2', 'bad', undefined),
  }),
  fc.record({ kind: fc.constantFrom('subscribe' as const, 'unsubscribe' as const), name: fc.constantFrom(...names) }),
  fc.record({
    kind: fc.constantFrom('deliver' as const, 'process' as const, 'restart' as const, 'down' as const, 'up' as const),
  }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(10, 200, 6_000) }),
)

test('whatever breaks in between, Envoy ends with what the daemon has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const { clock, daemon, envoy: connect, lastGood, settle } = mesh()
      const envoy = connect(await lastGood())
      for (const typeUrl of [cluster, endpoint]) {
        for (const name of names) {
          envoy.refused.add(encodedResource(typeUrl, name, testContent(name, 'bad')).version)
        }
      }
      const subscribed = new Set<string>(['a'])
      envoy.subscribe(cluster, [])
      envoy.subscribe(endpoint, ['a'])
      for (const each of steps) {
        switch (each.kind) {
          case 'put':
            daemon.put(each.typeUrl, each.name, each.content)
            break
          case 'subscribe':
            subscribed.add(each.name)
            envoy.subscribe(endpoint, [each.name])
            break
          case 'unsubscribe':
            // Envoy never empties its list by a request without names.
            if (subscribed.delete(each.name)) envoy.unsubscribe(endpoint, [each.name])
            break
          case 'deliver':
            daemon.deliver()
            break
          case 'process':
            envoy.process()
            break
          case 'restart':
            daemon.restart()
            break
          case 'down':
          case 'up':
            daemon.setUp(each.kind === 'up')
            break
          case 'advance':
            clock.advance(each.ms)
        }
      }
      daemon.setUp(true)
      // What was refused waits for the next change.
      for (const typeUrl of [cluster, endpoint]) {
        for (const name of names) if (daemon.table(typeUrl).get(name) !== undefined) daemon.put(typeUrl, name, 'final')
      }
      for (let turns = 0; turns < 5; turns++) {
        settle(envoy)
        clock.advance(6_000)
      }
      settle(envoy)
      assert.deepEqual(sorted(envoy.state.get(cluster)), expected(daemon, cluster))
      assert.deepEqual(sorted(envoy.state.get(endpoint)), expected(daemon, endpoint, [...subscribed]))
      assert.equal(envoy.isClosed, false)
    }),
    { numRuns: 300 },
  )
})
