/** What a change costs, counted: frames built, bytes put together, streams woken. And what ends a stream. */

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { silentLog } from '../platform/log.ts'
import { type AdsServerOptions, createAdsServer } from './ads-server.ts'
import { Table } from './table.ts'
import { type FakeStream, openFakeStream } from './testing/fake-transport.ts'
import { TestClient, testNode } from './testing/test-client.ts'
import { edit, TestDirectory } from './testing/test-directory.ts'
import { typeUrls } from './type-rules.ts'

const { cluster, endpoint, secret } = typeUrls
const deltaPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'

function serve(options: Partial<AdsServerOptions> = {}) {
  const directory = new TestDirectory()
  const clock = new FakeClock()
  const ads = createAdsServer({ directory, log: silentLog, clock, ...options })
  const connect = (path = deltaPath) => {
    const stream = openFakeStream(ads.methods, path)
    return { stream, client: new TestClient(stream, path.includes('Delta') ? 'delta' : 'sotw') }
  }
  /** Runs `change`, and says by how much each counter grew. */
  const cost = (change: () => void) => {
    const before = ads.stats
    change()
    const after = ads.stats
    return {
      framesBuilt: after.framesBuilt - before.framesBuilt,
      streamsWoken: after.streamsWoken - before.streamsWoken,
      messagesSent: after.messagesSent - before.messagesSent,
      bytesEncoded: after.bytesEncoded - before.bytesEncoded,
      bytesSent: after.bytesSent - before.bytesSent,
    }
  }
  return { ads, directory, clock, connect, cost }
}

function lastFrame(stream: FakeStream): Buffer | undefined {
  return stream.frames.at(-1)?.[0]
}

suite('cost', () => {
  test('a hundred clients that want the same join on the frames of the first', () => {
    const { directory, connect, cost } = serve()
    edit(directory.table(cluster), { a: '1', b: '1' })
    edit(directory.table(endpoint), { a: '1', b: '1' })
    const join = () => {
      const { client, stream } = connect()
      client.subscribe(cluster)
      client.subscribe(endpoint, ['a', 'b'])
      return stream
    }
    assert.equal(cost(join).framesBuilt, 2)
    const hundred = cost(() => {
      for (let i = 0; i < 100; i++) join()
    })
    assert.deepEqual([hundred.framesBuilt, hundred.bytesEncoded, hundred.messagesSent], [0, 0, 200])
  })

  test('a change builds one frame, which is the same buffer on every stream that wants it, and wakes no other stream', () => {
    const { ads, directory, connect, cost } = serve()
    edit(directory.table(endpoint), { a: '1', b: '1' })
    const streams = { a: [] as FakeStream[], b: [] as FakeStream[] }
    for (const name of ['a', 'b'] as const) {
      for (let i = 0; i < 50; i++) {
        const { client, stream } = connect()
        client.follow()
        client.subscribe(endpoint, [name])
        streams[name].push(stream)
      }
    }
    const change = cost(() => {
      edit(directory.table(endpoint), { a: '2' })
      ads.flush()
    })
    assert.deepEqual([change.framesBuilt, change.streamsWoken, change.messagesSent], [1, 50, 50])
    assert.equal(change.bytesSent, 50 * change.bytesEncoded)
    const frames = new Set(streams.a.map(lastFrame))
    assert.equal(frames.size, 1)
    // Also for streams that joined at different versions.
    const late = connect()
    late.client.follow()
    late.client.subscribe(endpoint, ['a'])
    const next = cost(() => {
      edit(directory.table(endpoint), { a: '3' })
      ads.flush()
    })
    assert.deepEqual([next.framesBuilt, next.streamsWoken], [1, 51])
    assert.equal(lastFrame(late.stream), lastFrame(streams.a[0] ?? assert.fail()))
  })

  test('several tables in one commit wake a stream once', () => {
    const { ads, directory, connect, cost } = serve()
    edit(directory.table(cluster), { a: '1' })
    edit(directory.table(endpoint), { a: '1' })
    const { client } = connect()
    client.follow()
    client.subscribe(cluster)
    client.subscribe(endpoint, ['a'])
    const change = cost(() => {
      edit(directory.table(cluster), { a: '2' })
      edit(directory.table(endpoint), { a: '2' })
      ads.flush()
    })
    assert.deepEqual([change.streamsWoken, change.messagesSent], [1, 2])
  })

  test('a stream that waits for an ACK is not woken', () => {
    const { ads, directory, connect, cost } = serve()
    edit(directory.table(cluster), { a: '1' })
    connect().client.subscribe(cluster)
    const change = cost(() => {
      edit(directory.table(cluster), { a: '2' })
      ads.flush()
    })
    assert.deepEqual([change.streamsWoken, change.framesBuilt], [0, 0])
  })

  test('a cluster that everyone gets newly is subscribed to by everyone on one frame of endpoints', () => {
    const { ads, directory, connect, cost } = serve()
    edit(directory.table(cluster), { a: '1' })
    edit(directory.table(endpoint), { a: '1', b: '1' })
    const clients = Array.from({ length: 20 }, () => {
      const { client } = connect()
      client.follow()
      client.subscribe(cluster)
      client.subscribe(endpoint, ['a'])
      return client
    })
    const change = cost(() => {
      edit(directory.table(cluster), { b: '1' })
      ads.flush()
      for (const client of clients) client.subscribe(endpoint, ['b'])
    })
    assert.deepEqual([change.framesBuilt, change.messagesSent], [2, 40])
  })

  test('a slow reader gets what it missed in one message per type, and nothing is queued for it', () => {
    const { ads, directory, connect, cost } = serve()
    edit(directory.table(cluster), { a: '0' })
    const { client, stream } = connect()
    client.follow()
    client.subscribe(cluster)
    stream.pause()
    edit(directory.table(cluster), { a: '1' })
    ads.flush()
    const missed = cost(() => {
      for (let i = 2; i < 200; i++) {
        edit(directory.table(cluster), { a: String(i), [`b${i % 7}`]: String(i) })
        ads.flush()
      }
    })
    assert.equal(missed.messagesSent, 0)
    const before = client.received.length
    stream.resume()
    assert.equal(client.received.length - before, 2)
    assert.equal(client.state.get(cluster)?.get('a'), '199')
    assert.equal(client.state.get(cluster)?.size, 8)
  })

  test('a full socket gets no further response of any type until it has drained', () => {
    const { directory, connect } = serve()
    edit(directory.table(cluster), { a: '1' })
    edit(directory.table(endpoint), { a: '1' })
    const { client, stream } = connect()
    stream.pause()
    client.subscribe(cluster)
    client.subscribe(endpoint, ['a'])
    assert.equal(stream.frames.length, 1)
    stream.resume()
    assert.equal(stream.frames.length, 2)
  })

  test('cursors and tables are released with their streams', () => {
    const { ads, directory, connect } = serve()
    const table = directory.table(cluster)
    assert.ok(table instanceof Table)
    edit(table, { a: '1' })
    const { client, stream } = connect()
    client.follow()
    client.subscribe(cluster)
    assert.equal(table.cursorCount, 1)
    stream.cancel()
    assert.equal(table.cursorCount, 0)
    assert.equal(directory.openSets, 0)
    assert.deepEqual([...ads.sessions()], [])
  })
})

suite('what ends a stream, and what does not', () => {
  test('a client that never answers while thousands of changes pass is sent away', async () => {
    const { ads, directory, connect } = serve()
    edit(directory.table(cluster), { a: '0' })
    const { client } = connect()
    client.subscribe(cluster)
    for (let i = 1; i < 6000; i++) edit(directory.table(cluster), { a: String(i) })
    ads.flush()
    client.accept(await client.next())
    assert.equal((await client.end()).code, 'UNAVAILABLE')
  })

  test('a fault of the directory is INTERNAL without its text, and only for this stream', async () => {
    const { ads, directory, connect } = serve()
    edit(directory.table(cluster), { a: '1' })
    const { client: other } = connect()
    other.subscribe(cluster)
    directory.admit = () => {
      throw new TypeError('secret detail')
    }
    const { client } = connect()
    client.subscribe(cluster)
    assert.deepEqual(await client.end(), { code: 'INTERNAL', message: 'internal error' })
    assert.equal(other.status, undefined)
    assert.equal(ads.stats.streamsRefused, 1)
  })

  test('too many types on a stream, or names in a subscription that grows, are INVALID_ARGUMENT', async () => {
    const { directory, connect } = serve({ limits: { typesPerStream: 2, names: 3 } })
    edit(directory.table(endpoint), { a: '1' })
    const types = connect().client
    for (const type of ['t1', 't2', 't3']) types.subscribe(type)
    assert.equal((await types.end()).code, 'INVALID_ARGUMENT')
    const names = connect().client
    names.subscribe(endpoint, ['a', 'b'])
    names.subscribe(endpoint, ['c', 'd'])
    assert.equal((await names.end()).code, 'INVALID_ARGUMENT')
  })

  test('a type that is not served is logged once, and its requests are handed to whoever observes', () => {
    const lines: unknown[] = []
    const log = { ...silentLog, info: (...args: unknown[]) => lines.push(args) } as unknown as Log // only `info` is called
    const seen: (string | undefined)[] = []
    const { connect } = serve({ log, observer: { unserved: (_session, request) => seen.push(request.error) } })
    for (let i = 0; i < 3; i++) {
      connect().client.send({
        typeUrl: 'type.googleapis.com/istio.v1.HealthInformation',
        errorDetail: { message: 'sick' },
      })
    }
    assert.equal(lines.length, 1)
    assert.deepEqual(seen, ['sick', 'sick', 'sick'])
  })
})

suite('the secret service', () => {
  const path = '/envoy.service.secret.v3.SecretDiscoveryService/DeltaSecrets'

  test('serves secrets whose type is implied, in both variants', async () => {
    const { directory, connect } = serve({ services: ['secret'] })
    edit(directory.table(secret), { default: 'key' })
    const { client } = connect(path)
    client.send({ resourceNamesSubscribe: ['default'] })
    assert.equal((await client.next()).resources.get('default'), 'key')
    const { client: whole } = connect('/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets')
    whole.send({ typeUrl: secret, resourceNames: ['default'] })
    assert.equal((await whole.next()).resources.get('default'), 'key')
  })

  test('serves no other type, and is not there unless it is asked for', async () => {
    const { directory, connect, ads } = serve({ services: ['secret'] })
    edit(directory.table(cluster), { a: '1' })
    const { client } = connect(path)
    client.send({ node: testNode, typeUrl: cluster })
    assert.equal((await client.end()).code, 'INVALID_ARGUMENT')
    assert.equal(ads.methods.length, 2)
    assert.ok(serve().ads.methods.every(method => method.path.includes('Aggregated')))
  })
})
