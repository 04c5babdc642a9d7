/**
 * What an ADS server must do, on any transport. A rig serves a directory and opens client streams to it; clients here do
 * what Envoy does and what it does not.
 */

import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { AdsServer } from '../ads-server.ts'
import type { XdsVariant } from '../table-set.ts'
import { typeUrls } from '../type-rules.ts'
import type { ClientStream } from './client-stream.ts'
import { TestClient, testNode } from './test-client.ts'
import { edit, TestDirectory } from './test-directory.ts'
import type { WireResponse } from './wire.ts'

export interface XdsRig {
  readonly name: string
  start(directory: TestDirectory): Promise<{
    readonly ads: AdsServer
    open(path: string): ClientStream
    /** Resolves when a stream that began before has existed for the server's `settleMs`. */
    settle(): Promise<void>
    stop(): Promise<void>
  }>
}

const { cluster, endpoint, listener, route, virtualHost, extension, secret } = typeUrls
const paths = {
  delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  sotw: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
} as const
const barrierType = 'type.googleapis.com/test.Barrier'

export function xdsSuite(rig: XdsRig): void {
  suite(`xDS over ${rig.name}`, () => {
    let directory: TestDirectory
    let served: Awaited<ReturnType<XdsRig['start']>>
    const clients: TestClient[] = []
    let barriers = 0

    before(async () => {
      // One server for all tests: each has a directory of its own behind it.
      served = await rig.start(forwarding(() => directory))
    })
    beforeEach(() => {
      directory = new TestDirectory()
    })
    after(async () => {
      for (const client of clients) client.stream.cancel()
      await served.stop()
    })

    const connect = (variant: XdsVariant): TestClient => {
      const client = new TestClient(served.open(paths[variant]), variant)
      clients.push(client)
      return client
    }
    const commit = (typeUrl: string, edits: Readonly<Record<string, string | undefined>>): void => {
      edit(directory.table(typeUrl), edits)
      served.ads.flush()
    }
    /** What arrived before the server had read all that `client` sent; also reads it as looked at. */
    const quiet = async (client: TestClient): Promise<WireResponse[]> => {
      const name = `barrier-${++barriers}`
      edit(directory.table(barrierType), { [name]: 'x' })
      client.subscribe(barrierType, [name])
      const seen: WireResponse[] = []
      for (;;) {
        const response = await client.next()
        if (response.typeUrl === barrierType) {
          client.accept(response)
          return seen
        }
        seen.push(response)
      }
    }
    const namesOf = (response: WireResponse): string[] => [...response.resources.keys()].sort()

    for (const variant of ['delta', 'sotw'] as const) {
      suite(variant, () => {
        test('a first request without a node ends the stream with INVALID_ARGUMENT', async () => {
          const client = connect(variant)
          client.send({ node: undefined as never, typeUrl: cluster })
          assert.deepEqual(await client.end(), { code: 'INVALID_ARGUMENT', message: 'missing node information' })
        })

        test('a request that does not decode ends the stream with INVALID_ARGUMENT', async () => {
          const client = connect(variant)
          client.stream.send(Buffer.from([0x0a, 0xff]))
          assert.equal((await client.end()).code, 'INVALID_ARGUMENT')
        })

        test('a request without a type ends the stream with INVALID_ARGUMENT', async () => {
          const client = connect(variant)
          client.send({})
          assert.equal((await client.end()).code, 'INVALID_ARGUMENT')
        })

        test("the directory's refusal ends the stream with its code and text", async () => {
          const client = connect(variant)
          client.send({ node: { id: 'intruder' }, typeUrl: cluster })
          assert.deepEqual(await client.end(), { code: 'INVALID_ARGUMENT', message: 'no such node here' })
        })

        test('the node is read from the first request: id, metadata, locality, version, extensions', async () => {
          edit(directory.table(cluster), {})
          const client = connect(variant)
          client.send({
            node: {
              ...testNode,
              metadata: {
                fields: { NAMESPACE: { stringValue: 'photos' }, L: { listValue: { values: [{ numberValue: 1 }] } } },
              },
              locality: { region: 'r', zone: 'z', subZone: 's' },
              userAgentName: 'envoy',
              userAgentBuildVersion: { version: { majorNumber: 1, minorNumber: 40, patch: 0 } },
              extensions: [{ name: 'envoy.filters.http.router', category: 'envoy.filters.http' }],
            },
            typeUrl: cluster,
          })
          await client.next()
          const node = directory.admitted[0]?.node
          assert.deepEqual(JSON.parse(JSON.stringify(node)), {
            ...testNode,
            metadata: { NAMESPACE: 'photos', L: [1] },
            locality: { region: 'r', zone: 'z', subZone: 's' },
            userAgentName: 'envoy',
            userAgentVersion: '1.40.0',
            extensions: ['envoy.filters.http.router'],
          })
        })

        test('an empty first request for clusters subscribes to all of them, also when there are none', async () => {
          const none = connect(variant)
          edit(directory.table(cluster), {})
          none.subscribe(cluster)
          assert.deepEqual(namesOf(await none.next()), [])
          commit(cluster, { a: '1', b: '1' })
          // The empty response is not accepted yet, so nothing else may come.
          assert.deepEqual(await quiet(none), [])
          const client = connect(variant)
          client.subscribe(cluster)
          assert.deepEqual(namesOf(await client.next()), ['a', 'b'])
        })

        test('a change after an ACK is sent alone, or with the whole state where the variant demands it', async () => {
          commit(cluster, { a: '1', b: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          client.accept(await client.next())
          await quiet(client)
          commit(cluster, { b: '2' })
          const response = await client.next()
          assert.equal(response.resources.get('b'), '2')
          assert.deepEqual(namesOf(response), variant === 'delta' ? ['b'] : ['a', 'b'])
        })

        test('changes during an unacknowledged response are merged into one', async () => {
          commit(cluster, { a: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          const first = await client.next()
          commit(cluster, { b: '1' })
          commit(cluster, { b: '2', c: '1' })
          commit(cluster, { c: undefined, d: '1' })
          assert.deepEqual(await quiet(client), [])
          client.accept(first)
          const second = await client.next()
          assert.deepEqual(namesOf(second), variant === 'delta' ? ['b', 'd'] : ['a', 'b', 'd'])
          client.accept(second)
          assert.deepEqual(await quiet(client), [])
        })

        test('a refused response is kept as a state, is not counted as applied, and comes again with the next change', async () => {
          commit(cluster, { a: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          client.accept(await client.next())
          await quiet(client)
          commit(cluster, { bad: '1' })
          const second = await client.next()
          client.refuse(second, 'bad is bad')
          assert.deepEqual(await quiet(client), [])
          const status = typeStatus(served.ads, cluster, client)
          assert.equal(status.lastNack?.message, 'bad is bad')
          assert.equal(status.lastNack?.nonce, second.nonce)
          assert.equal(status.isRefused, true)
          assert.notEqual(status.versionAcked, status.versionSent)
          assert.equal(status.held().has('bad'), false)
          commit(cluster, { c: '1' })
          // In delta apart from the change, so that the change is not refused with it.
          const third = await client.next()
          assert.deepEqual(namesOf(third), variant === 'delta' ? ['c'] : ['a', 'bad', 'c'])
          client.accept(third)
          if (variant === 'delta') {
            const fourth = await client.next()
            assert.deepEqual(namesOf(fourth), ['bad'])
            client.accept(fourth)
          }
          await quiet(client)
          const accepted = typeStatus(served.ads, cluster, client)
          assert.equal(accepted.isRefused, false)
          assert.equal(accepted.versionAcked, accepted.versionSent)
          assert.deepEqual([...accepted.held().keys()].sort(), ['a', 'bad', 'c'])
        })

        test('an ACK with a stale nonce acknowledges nothing and is counted', async () => {
          commit(cluster, { a: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          const first = await client.next()
          client.accept(first)
          await quiet(client)
          commit(cluster, { b: '1' })
          const second = await client.next()
          const before = served.ads.stats.staleNonces
          client.accept(first)
          commit(cluster, { c: '1' })
          assert.deepEqual(await quiet(client), [])
          assert.equal(served.ads.stats.staleNonces, before + 1)
          client.accept(second)
          assert.ok((await client.next()).resources.has('c'))
        })

        test('nonces of one stream and type never repeat, also when a subscription comes and goes', async () => {
          commit(route, { a: '1', b: '1' })
          const client = connect(variant)
          const nonces = new Set<string>()
          let count = 0
          for (let round = 0; round < 5; round++) {
            client.subscribe(route, ['a'])
            if (variant === 'delta') client.send({ typeUrl: route, resourceNamesUnsubscribe: ['b'] })
            for (const response of await quiet(client)) {
              nonces.add(response.nonce)
              count++
              client.accept(response)
            }
            client.subscribe(route, ['a', 'b'])
            for (const response of await quiet(client)) {
              nonces.add(response.nonce)
              count++
              client.accept(response)
            }
          }
          assert.ok(count >= 5)
          assert.equal(nonces.size, count)
        })

        test('explicit names get those resources and no others, and a new name is sent when it appears', async () => {
          commit(endpoint, { a: '1', b: '1' })
          const client = connect(variant)
          client.subscribe(endpoint, ['a', 'later'])
          const first = await client.next()
          assert.deepEqual(namesOf(first), ['a'])
          client.accept(first)
          commit(endpoint, { b: '2' })
          assert.deepEqual(await quiet(client), [])
          commit(endpoint, { later: '1' })
          assert.deepEqual(namesOf(await client.next()), ['later'])
        })

        test('endpoints without names subscribe to nothing', async () => {
          commit(endpoint, { a: '1' })
          const client = connect(variant)
          client.subscribe(endpoint)
          assert.deepEqual(await quiet(client), [])
        })

        test('a type that is not served is met with silence, now and later', async () => {
          const client = connect(variant)
          client.subscribe('type.googleapis.com/test.Unknown', ['x'])
          client.send({ typeUrl: 'type.googleapis.com/test.Unknown', responseNonce: 'made-up' })
          assert.deepEqual(await quiet(client), [])
          assert.equal(client.status, undefined)
        })

        test('one commit reaches a stream in the order clusters, endpoints, listeners, routes', async () => {
          for (const type of [cluster, endpoint, listener, route, secret, extension]) commit(type, { a: '1' })
          const client = connect(variant)
          for (const type of [route, listener, secret, endpoint, extension, cluster]) {
            client.subscribe(type, type === cluster || type === listener ? [] : ['a'])
          }
          // The first response for clusters brings the endpoints once more.
          for (let i = 0; i < 6; i++) client.accept(await client.next())
          for (const again of await quiet(client)) client.accept(again)
          await quiet(client)
          const before = client.received.length
          for (const type of [route, extension, listener, endpoint, cluster, secret])
            edit(directory.table(type), { a: '2' })
          served.ads.flush()
          for (let i = 0; i < 6; i++) await client.next()
          const order = client.received.slice(before).map(response => response.typeUrl)
          assert.deepEqual(order, [cluster, endpoint, listener, route, extension, secret])
        })

        test('a changed cluster is followed by its endpoints although they did not change', async () => {
          commit(cluster, { a: '1', b: '1' })
          commit(endpoint, { a: '1', b: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          client.accept(await client.next())
          client.subscribe(endpoint, ['a', 'b'])
          client.accept(await client.next())
          await quiet(client)
          commit(cluster, { b: '2' })
          const clusters = await client.next()
          const endpoints = await client.next()
          assert.equal(clusters.typeUrl, cluster)
          assert.equal(endpoints.typeUrl, endpoint)
          assert.deepEqual(namesOf(endpoints), ['b'])
        })

        test('a removed cluster stays until the client has accepted the route that no longer names it', async () => {
          commit(cluster, { old: '1', new: '1' })
          commit(route, { 80: 'old' })
          const client = connect(variant)
          client.subscribe(cluster)
          client.accept(await client.next())
          client.subscribe(route, ['80'])
          client.accept(await client.next())
          await quiet(client)
          edit(directory.table(cluster), { old: undefined })
          edit(directory.table(route), { 80: 'new' })
          served.ads.flush()
          const routes = await client.next()
          assert.equal(routes.typeUrl, route)
          assert.deepEqual(await quiet(client), [])
          client.accept(routes)
          const clusters = await client.next()
          assert.equal(clusters.typeUrl, cluster)
          assert.deepEqual(namesOf(clusters), variant === 'delta' ? [] : ['new'])
          assert.deepEqual(clusters.removed, variant === 'delta' ? ['old'] : [])
        })

        test('a cluster that is added while another is held back does not take it away', async () => {
          commit(cluster, { old: '1' })
          commit(route, { 80: 'old' })
          const client = connect(variant)
          client.subscribe(cluster)
          client.accept(await client.next())
          client.subscribe(route, ['80'])
          client.accept(await client.next())
          await quiet(client)
          edit(directory.table(cluster), { old: undefined, new: '1' })
          edit(directory.table(route), { 80: 'new' })
          served.ads.flush()
          const clusters = await client.next()
          assert.deepEqual(namesOf(clusters), variant === 'delta' ? ['new'] : ['new', 'old'])
          assert.deepEqual(clusters.removed, [])
          const routes = await client.next()
          assert.equal(routes.typeUrl, route)
          client.accept(clusters)
          client.refuse(routes)
          // The client keeps the old route, so it keeps the old cluster.
          assert.deepEqual(await quiet(client), [])
        })

        test('routes wait for clusters that are still to be sent', async () => {
          commit(cluster, { a: '1' })
          commit(route, { 80: 'a' })
          const client = connect(variant)
          client.subscribe(cluster)
          const first = await client.next()
          client.subscribe(route, ['80'])
          client.accept(await client.next())
          edit(directory.table(cluster), { b: '1' })
          edit(directory.table(route), { 80: 'b' })
          served.ads.flush()
          assert.deepEqual(await quiet(client), [])
          client.accept(first)
          assert.equal((await client.next()).typeUrl, cluster)
          assert.equal((await client.next()).typeUrl, route)
        })

        test('a half-closed stream is ended with OK', async () => {
          commit(cluster, { a: '1' })
          const client = connect(variant)
          client.send({ node: { ...testNode, id: 'half-closed' }, typeUrl: cluster })
          await client.next()
          const count = () => [...served.ads.sessions()].filter(session => session.node.id === 'half-closed').length
          assert.equal(count(), 1)
          client.stream.halfClose()
          assert.equal((await client.end()).code, 'OK')
          assert.equal(count(), 0)
        })

        test('several tables of a type are served as their union', async () => {
          const shared = directory.table(cluster)
          const own = directory.addTable(cluster)
          edit(shared, { a: '1' })
          edit(own, { b: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          const first = await client.next()
          assert.deepEqual(namesOf(first), ['a', 'b'])
          client.accept(first)
          await quiet(client)
          edit(shared, { a: '2' })
          edit(own, { c: '1' })
          served.ads.flush()
          const second = await client.next()
          assert.deepEqual(namesOf(second), variant === 'delta' ? ['a', 'c'] : ['a', 'b', 'c'])
          client.accept(second)
          await quiet(client)
          // A resource that moves from one table to the other was never gone.
          edit(shared, { a: undefined })
          edit(own, { a: '3' })
          served.ads.flush()
          const third = await client.next()
          assert.equal(third.resources.get('a'), '3')
          assert.deepEqual(third.removed, [])
        })

        test('replaced tables are compared with what the client holds', async () => {
          commit(cluster, { same: '1', changed: '1', gone: '1' })
          const client = connect(variant)
          client.subscribe(cluster)
          client.accept(await client.next())
          await quiet(client)
          const next = new TestDirectory().table(cluster)
          edit(next, { same: '1', changed: '2', added: '1' })
          directory.replace(cluster, [next])
          served.ads.flush()
          const response = await client.next()
          assert.deepEqual(namesOf(response), variant === 'delta' ? ['added', 'changed'] : ['added', 'changed', 'same'])
          assert.deepEqual(response.removed, variant === 'delta' ? ['gone'] : [])
          client.accept(response)
          edit(next, { added: '2' })
          served.ads.flush()
          const seen = await quiet(client)
          assert.equal(seen.length, 1)
          assert.equal(seen[0]?.resources.get('added'), '2')
        })

        test('what was refused and then went comes with replaced tables, although they have it unchanged', async () => {
          commit(endpoint, { back: '1', other: '1' })
          commit(route, { 80: 'back' })
          const client = connect(variant)
          client.subscribe(endpoint, ['back', 'other'])
          const refused = await client.next()
          client.subscribe(route, ['80'])
          // Not acknowledged, so that removals of endpoints are held back.
          await client.next()
          client.refuse(refused)
          commit(endpoint, { back: undefined, other: '2' })
          const update = await client.next()
          assert.deepEqual([namesOf(update), update.removed], [['other'], []])
          client.accept(update)
          await quiet(client)
          const next = new TestDirectory().table(endpoint)
          edit(next, { back: '1', other: '2' })
          directory.replace(endpoint, [next])
          served.ads.flush()
          assert.deepEqual((await quiet(client)).map(namesOf), [['back']])
        })

        test('disconnect ends the streams that it is asked to end, and tables are released', async () => {
          commit(cluster, { a: '1' })
          const client = connect(variant)
          const other = connect(variant)
          client.send({ node: { ...testNode, id: 'picked' }, typeUrl: cluster })
          other.subscribe(cluster)
          await client.next()
          await other.next()
          assert.equal(
            served.ads.disconnect(session => session.node.id === 'picked'),
            1,
          )
          assert.equal((await client.end()).code, 'UNAVAILABLE')
          assert.equal(other.status, undefined)
          assert.equal(directory.openSets, 1)
        })
      })
    }

    suite('delta only', () => {
      test('a name that does not exist is answered as removed', async () => {
        commit(endpoint, { a: '1' })
        const client = connect('delta')
        client.subscribe(endpoint, ['a', 'nowhere'])
        const first = await client.next()
        assert.deepEqual([namesOf(first), first.removed], [['a'], ['nowhere']])
        client.accept(first)
        client.subscribe(endpoint, ['neither'])
        const second = await client.next()
        assert.deepEqual([namesOf(second), second.removed], [[], ['neither']])
      })

      test('a name that went while it was subscribed again comes with replaced tables', async () => {
        commit(endpoint, { back: '1', other: '1' })
        commit(route, { 80: 'back' })
        const client = connect('delta')
        client.subscribe(endpoint, ['back', 'other'])
        client.accept(await client.next())
        client.subscribe(route, ['80'])
        // Not acknowledged, so that removals of endpoints are held back.
        await client.next()
        commit(endpoint, { other: '2' })
        const update = await client.next()
        client.send({ typeUrl: endpoint, resourceNamesUnsubscribe: ['back'] })
        client.send({ typeUrl: endpoint, resourceNamesSubscribe: ['back'] })
        await quiet(client)
        commit(endpoint, { back: undefined })
        client.accept(update)
        assert.deepEqual(await quiet(client), [])
        const next = new TestDirectory().table(endpoint)
        edit(next, { back: '1', other: '2' })
        directory.replace(endpoint, [next])
        served.ads.flush()
        assert.deepEqual((await quiet(client)).map(namesOf), [['back']])
      })

      test('a name subscribed again is sent again', async () => {
        commit(endpoint, { a: '1', b: '1' })
        const client = connect('delta')
        client.subscribe(endpoint, ['a', 'b'])
        client.accept(await client.next())
        client.subscribe(endpoint, ['a'])
        assert.deepEqual(namesOf(await client.next()), ['a'])
      })

      test('after an unsubscription changes of the name are not sent', async () => {
        commit(endpoint, { a: '1', b: '1' })
        const client = connect('delta')
        client.subscribe(endpoint, ['a', 'b'])
        client.accept(await client.next())
        client.send({ typeUrl: endpoint, resourceNamesUnsubscribe: ['a', 'never-subscribed'] })
        assert.deepEqual(await quiet(client), [])
        commit(endpoint, { a: '2', b: '2' })
        assert.deepEqual(namesOf(await client.next()), ['b'])
      })

      test('the wildcard may stand beside explicit names, and unsubscribing it leaves those', async () => {
        commit(cluster, { a: '1', b: '1' })
        const client = connect('delta')
        client.subscribe(cluster, ['*', 'a'])
        client.accept(await client.next())
        await quiet(client)
        client.send({ typeUrl: cluster, resourceNamesUnsubscribe: ['*'] })
        await quiet(client)
        commit(cluster, { a: '2', b: '2' })
        assert.deepEqual(namesOf(await client.next()), ['a'])
      })

      test('unsubscribing a name that the wildcard still covers is answered with the resource, else with its removal', async () => {
        commit(cluster, { a: '1' })
        const client = connect('delta')
        client.subscribe(cluster, ['*', 'a', 'nowhere'])
        client.accept(await client.next())
        await quiet(client)
        client.send({ typeUrl: cluster, resourceNamesUnsubscribe: ['a', 'nowhere'] })
        const response = await client.next()
        assert.deepEqual([namesOf(response), response.removed], [['a'], ['nowhere']])
      })

      test('an explicit name after the legacy wildcard adds to it', async () => {
        commit(cluster, { a: '1' })
        const client = connect('delta')
        client.subscribe(cluster)
        client.accept(await client.next())
        client.subscribe(cluster, ['extra'])
        const answer = await client.next()
        assert.deepEqual([namesOf(answer), answer.removed], [[], ['extra']])
        client.accept(answer)
        await quiet(client)
        commit(cluster, { b: '1' })
        assert.deepEqual(namesOf(await client.next()), ['b'])
      })

      test('subscription changes count even under a stale nonce', async () => {
        commit(endpoint, { a: '1', b: '1' })
        const client = connect('delta')
        client.subscribe(endpoint, ['a'])
        client.accept(await client.next())
        client.send({ typeUrl: endpoint, responseNonce: 'long-gone', resourceNamesSubscribe: ['b'] })
        assert.deepEqual(namesOf(await client.next()), ['b'])
      })

      test('a reconnecting client is sent what differs, told what is gone, and nothing else', async () => {
        commit(cluster, { same: '1', changed: '1', gone: '1' })
        const first = connect('delta')
        first.subscribe(cluster)
        const initial = Object.fromEntries((await first.next()).versions)
        first.stream.cancel()
        commit(cluster, { changed: '2', gone: undefined })
        const again = connect('delta')
        again.send({ typeUrl: cluster, initialResourceVersions: initial })
        const response = await again.next()
        assert.deepEqual(namesOf(response), ['changed'])
        // Its routes of before may still name the cluster that is gone.
        assert.deepEqual(response.removed, [])
        again.accept(response)
        await served.settle()
        assert.deepEqual((await again.next()).removed, ['gone'])
      })

      test('a reconnecting client that has everything is sent nothing until something changes', async () => {
        commit(cluster, { a: '1' })
        const first = connect('delta')
        first.subscribe(cluster)
        const initial = Object.fromEntries((await first.next()).versions)
        const again = connect('delta')
        again.send({ typeUrl: cluster, initialResourceVersions: initial })
        assert.deepEqual(await quiet(again), [])
        commit(cluster, { a: '2' })
        assert.deepEqual(namesOf(await again.next()), ['a'])
      })

      test('endpoints of a cluster that changed during the break are sent although the client has them', async () => {
        commit(cluster, { a: '1', b: '1' })
        commit(endpoint, { a: '1', b: '1' })
        const first = connect('delta')
        first.subscribe(cluster)
        const clusters = Object.fromEntries((await first.next()).versions)
        first.subscribe(endpoint, ['a', 'b'])
        const endpoints = Object.fromEntries((await first.next()).versions)
        commit(cluster, { b: '2' })
        const again = connect('delta')
        again.send({ typeUrl: cluster, initialResourceVersions: clusters })
        assert.deepEqual(namesOf(await again.next()), ['b'])
        again.send({ typeUrl: endpoint, resourceNamesSubscribe: ['a', 'b'], initialResourceVersions: endpoints })
        assert.deepEqual(namesOf(await again.next()), ['b'])
      })

      test('virtual hosts follow the route configurations that are subscribed', async () => {
        commit(route, { 80: '1', 90: '1' })
        commit(virtualHost, { '80/a': '1', '80/b': '1', '90/a': '1', '70/a': '1' })
        const client = connect('delta')
        client.subscribe(route, ['80'])
        client.accept(await client.next())
        client.subscribe(virtualHost)
        const first = await client.next()
        assert.deepEqual(namesOf(first), ['80/a', '80/b'])
        client.accept(first)
        // For later route configurations Envoy asks for no hosts: they come behind the route configuration.
        client.subscribe(route, ['90'])
        const routes = await client.next()
        assert.equal(routes.typeUrl, route)
        const hosts = await client.next()
        assert.deepEqual([hosts.typeUrl, namesOf(hosts)], [virtualHost, ['90/a']])
        client.accept(routes)
        client.accept(hosts)
        await quiet(client)
        commit(virtualHost, { '80/a': undefined, '90/b': '1', '70/a': '2' })
        const change = await client.next()
        assert.deepEqual([namesOf(change), change.removed], [['90/b'], ['80/a']])
        client.accept(change)
        client.send({ typeUrl: route, resourceNamesUnsubscribe: ['80'] })
        await quiet(client)
        commit(virtualHost, { '80/b': '2' })
        assert.deepEqual(await quiet(client), [])
      })

      test('the virtual hosts of a route configuration that was refused come again behind it', async () => {
        commit(route, { 80: '1', 90: 'bad' })
        commit(virtualHost, { '80/a': '1', '90/a': '1' })
        const client = connect('delta')
        client.subscribe(route, ['80'])
        client.accept(await client.next())
        client.subscribe(virtualHost)
        client.accept(await client.next())
        client.subscribe(route, ['90'])
        const refused = await client.next()
        const ignored = await client.next()
        assert.deepEqual([namesOf(refused), namesOf(ignored)], [['90'], ['90/a']])
        client.refuse(refused)
        client.accept(ignored)
        await quiet(client)
        commit(route, { 90: 'good' })
        const routes = await client.next()
        const hosts = await client.next()
        assert.deepEqual([namesOf(routes), namesOf(hosts)], [['90'], ['90/a']])
      })

      test('a reconnecting client keeps its virtual hosts and is told only what differs', async () => {
        commit(route, { 80: '1' })
        commit(virtualHost, { '80/a': '1', '80/b': '1' })
        const first = connect('delta')
        first.subscribe(route, ['80'])
        const routes = Object.fromEntries((await first.next()).versions)
        first.subscribe(virtualHost)
        const hosts = Object.fromEntries((await first.next()).versions)
        commit(virtualHost, { '80/a': undefined, '80/c': '1' })
        const again = connect('delta')
        again.send({ typeUrl: route, resourceNamesSubscribe: ['80'], initialResourceVersions: routes })
        again.send({ typeUrl: virtualHost, initialResourceVersions: { ...hosts, '70/x': 'y' } })
        const response = await again.next()
        assert.deepEqual([response.typeUrl, namesOf(response), response.removed], [virtualHost, ['80/c'], ['80/a']])
      })

      test('a route configuration without virtual hosts is told by a removal below it, so that its listener starts', async () => {
        commit(route, { 80: '1' })
        edit(directory.table(virtualHost), {})
        const client = connect('delta')
        client.subscribe(route, ['80'])
        client.accept(await client.next())
        client.subscribe(virtualHost)
        const response = await client.next()
        assert.deepEqual([response.typeUrl, namesOf(response), response.removed], [virtualHost, [], ['80/']])
        client.accept(response)
        await quiet(client)
        commit(route, { 90: '1' })
        client.subscribe(route, ['90'])
        assert.equal((await client.next()).typeUrl, route)
        assert.deepEqual((await client.next()).removed, ['90/'])
      })

      test('an extension configuration is never told to be gone, because the filter would vanish with it', async () => {
        commit(extension, { policy: '1', other: '1' })
        const client = connect('delta')
        client.subscribe(extension, ['policy', 'other'])
        client.accept(await client.next())
        await quiet(client)
        commit(extension, { policy: undefined })
        assert.deepEqual(await quiet(client), [])
        commit(extension, { other: '2' })
        const response = await client.next()
        assert.deepEqual([namesOf(response), response.removed], [['other'], []])
      })

      test('what was refused comes again in halves, until only what is bad comes again', async () => {
        const names = Array.from({ length: 32 }, (_, index) => `c${String(index).padStart(2, '0')}`)
        commit(cluster, Object.fromEntries(names.map(name => [name, '1'])))
        const client = connect('delta')
        client.follow(response =>
          response.resources.has('c17')
            ? { ...client.answerTo(response), errorDetail: { code: 3, message: 'c17 is bad' } }
            : undefined,
        )
        client.subscribe(cluster)
        await client.until(() => client.received.length === 1)
        const sizes: number[] = []
        for (let i = 0; i < 7; i++) {
          while (typeStatus(served.ads, cluster, client).isUnacked) await new Promise(resolve => setImmediate(resolve))
          const before = client.received.length
          commit(cluster, { tick: String(i) })
          // Each piece is sent when the one before it has been answered.
          while (typeStatus(served.ads, cluster, client).isUnacked) await new Promise(resolve => setImmediate(resolve))
          const again = client.received.slice(before).filter(({ typeUrl }) => typeUrl === cluster)
          sizes.push(again.reduce((sum, { resources }) => sum + resources.size, 0))
        }
        assert.equal(client.state.get(cluster)?.size, 32)
        // The bad one, and what changed.
        assert.equal(sizes.at(-1), 2)
        assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 100, sizes.join(' '))
      })

      test('a response that would be too big comes in pieces, each after the ACK of the one before', async () => {
        const content = 'x'.repeat(100_000)
        const names = Array.from({ length: 50 }, (_, index) => `cluster-${String(index).padStart(2, '0')}`)
        commit(cluster, Object.fromEntries(names.map(name => [name, content])))
        const client = connect('delta')
        client.subscribe(cluster)
        const seen: string[] = []
        let pieces = 0
        while (seen.length < names.length) {
          const response = await client.next()
          pieces++
          seen.push(...namesOf(response))
          assert.deepEqual(await quiet(client), [])
          // What changes meanwhile comes at the end.
          if (pieces === 1) commit(cluster, { 'cluster-00': 'small' })
          client.accept(response)
        }
        assert.deepEqual(seen, names)
        assert.ok(pieces >= 3)
        assert.equal((await client.next()).resources.get('cluster-00'), 'small')
      })
    })

    suite('state of the world only', () => {
      test('a list with the wildcard and names, then names alone, then none at all', async () => {
        commit(cluster, { a: '1', b: '1' })
        const client = connect('sotw')
        client.subscribe(cluster, ['*', 'a'])
        const first = await client.next()
        assert.deepEqual(namesOf(first), ['a', 'b'])
        client.send({ ...client.answerTo(first), resourceNames: ['a'] })
        await quiet(client)
        commit(cluster, { a: '2', b: '2' })
        const second = await client.next()
        assert.deepEqual(namesOf(second), ['a'])
        client.send({ ...client.answerTo(second), resourceNames: [] })
        await quiet(client)
        commit(cluster, { a: '3', b: '3' })
        assert.deepEqual(await quiet(client), [])
      })

      test('a subscription under a stale nonce is not answered', async () => {
        commit(endpoint, { a: '1', b: '1' })
        const client = connect('sotw')
        client.subscribe(endpoint, ['a'])
        const first = await client.next()
        client.accept(first)
        await quiet(client)
        commit(endpoint, { a: '2' })
        const second = await client.next()
        client.send({ typeUrl: endpoint, responseNonce: first.nonce, resourceNames: ['a', 'b'] })
        assert.deepEqual(await quiet(client), [])
        client.send({ typeUrl: endpoint, responseNonce: second.nonce, resourceNames: ['a'] })
        assert.deepEqual(await quiet(client), [])
        client.send({ typeUrl: endpoint, responseNonce: first.nonce, resourceNames: ['a', 'b'] })
        assert.deepEqual(await quiet(client), [])
        client.send({ typeUrl: endpoint, responseNonce: second.nonce, resourceNames: ['a', 'b'] })
        assert.deepEqual(namesOf(await client.next()), ['b'])
      })

      test('a name left out and listed again while a response is on its way is sent again', async () => {
        commit(endpoint, { a: '1', b: '1' })
        const client = connect('sotw')
        client.subscribe(endpoint, ['a', 'b'])
        const first = await client.next()
        client.accept(first)
        await quiet(client)
        commit(endpoint, { a: '2' })
        const second = await client.next()
        for (const resourceNames of [['a'], ['a', 'b']]) {
          client.send({ typeUrl: endpoint, responseNonce: first.nonce, resourceNames })
        }
        client.send({ typeUrl: endpoint, responseNonce: second.nonce, resourceNames: ['a', 'b'] })
        assert.deepEqual(namesOf(await client.next()), ['b'])
      })

      test('endpoints that vanish are not told, and a name that does not exist gets no response', async () => {
        commit(endpoint, { a: '1' })
        const client = connect('sotw')
        client.subscribe(endpoint, ['a'])
        client.accept(await client.next())
        commit(endpoint, { a: undefined })
        assert.deepEqual(await quiet(client), [])
        client.subscribe(endpoint, ['a', 'nowhere'])
        assert.deepEqual(await quiet(client), [])
      })
    })
  })
}

function typeStatus(ads: AdsServer, typeUrl: string, client: TestClient) {
  // The newest session is the test's own: earlier tests' clients may still be connected.
  const session = [...ads.sessions()].filter(candidate => candidate.variant === client.variant).at(-1)
  const status = session?.types.find(type => type.typeUrl === typeUrl)
  assert.ok(status !== undefined)
  return status
}

/** A directory that hands each admission to the one of the moment. */
function forwarding(current: () => TestDirectory): TestDirectory {
  const directory = new TestDirectory()
  directory.admit = (node, peer, variant) => current().admit(node, peer, variant)
  return directory
}
