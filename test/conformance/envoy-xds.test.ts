/** A real Envoy on the ADS server: what it takes, in which order, and what it says back. */

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { typeUrls } from '../../src/xds/type-rules.ts'
import { assignment, EnvoyOnTables, edsCluster, httpListener, until } from '../support/envoy-on-tables.ts'

const { cluster, endpoint, listener } = typeUrls

for (const variant of ['delta', 'sotw'] as const) {
  suite(`Envoy over ${variant} ADS`, { timeout: 60_000 }, () => {
    const mesh = new EnvoyOnTables(variant)
    before(() => mesh.start())
    after(() => mesh.stop())

    test('starts a listener whose route configuration, the first of all, has no hosts', async () => {
      mesh.put(listener, 'l95', httpListener('l95', mesh.port('l95'), '95', variant))
      mesh.putHosts('95', {})
      mesh.ads.flush()
      await mesh.eventually('l95', 'd', '404 ')
    })

    test('takes clusters, endpoints, listeners and routes of one commit and serves', async () => {
      mesh.put(cluster, 'a', edsCluster('a'))
      mesh.put(endpoint, 'a', assignment('a', mesh.backend('A')))
      mesh.put(listener, 'l80', httpListener('l80', mesh.port('l80'), '80', variant))
      mesh.putHosts('80', { a: 'a' })
      mesh.ads.flush()
      await mesh.eventually('l80', 'a', '200 A')
      assert.equal(await mesh.get('l80', 'nobody'), '404 ')
    })

    test('takes an added cluster and the route to it from one commit', async () => {
      mesh.put(cluster, 'b', edsCluster('b'))
      mesh.put(endpoint, 'b', assignment('b', mesh.backend('B')))
      mesh.putHosts('80', { a: 'a', b: 'b' })
      mesh.ads.flush()
      await mesh.eventually('l80', 'b', '200 B')
    })

    test('moves a route from a removed cluster to another without a failed request', async () => {
      const traffic = mesh.traffic('l80', 'a')
      await sleep(50)
      mesh.put(cluster, 'a', undefined)
      mesh.put(endpoint, 'a', undefined)
      mesh.putHosts('80', { a: 'b', b: 'b' })
      mesh.ads.flush()
      await mesh.eventually('l80', 'a', '200 B')
      await mesh.settled()
      const { answers } = await traffic.stop()
      assert.deepEqual(Object.keys(answers).sort(), ['200 A', '200 B'])
      assert.equal(mesh.held(cluster).has('a'), false)
    })

    test('removes a host', async () => {
      mesh.putHosts('80', { a: 'b' })
      mesh.ads.flush()
      await mesh.eventually('l80', 'b', '404 ')
      assert.equal(await mesh.get('l80', 'a'), '200 B')
    })

    test('takes changed endpoints', async () => {
      mesh.put(endpoint, 'b', assignment('b', mesh.backend('B2')))
      mesh.ads.flush()
      await mesh.eventually('l80', 'a', '200 B2')
    })

    test('acknowledges a changed cluster at once, because its endpoints come behind it', async () => {
      mesh.put(cluster, 'b', edsCluster('b', 7))
      mesh.ads.flush()
      const before = performance.now()
      await mesh.settled()
      assert.ok(performance.now() - before < 2000)
      assert.equal(await mesh.get('l80', 'a'), '200 B2')
    })

    test('takes a second listener, whose hosts it does not ask for', async () => {
      mesh.put(listener, 'l90', httpListener('l90', mesh.port('l90'), '90', variant))
      mesh.putHosts('90', { c: 'b' })
      mesh.ads.flush()
      await mesh.eventually('l90', 'c', '200 B2')
      assert.equal(await mesh.get('l90', 'a'), '404 ')
    })

    test('keeps the hosts when their route configuration changes', async () => {
      mesh.putHosts('90', { c: 'b' }, { ignorePortInHostMatching: true })
      mesh.ads.flush()
      await mesh.settled()
      assert.equal(await mesh.get('l90', 'c:1234'), '200 B2')
    })

    test('starts a later listener without hosts, and takes hosts for both', async () => {
      mesh.put(listener, 'l96', httpListener('l96', mesh.port('l96'), '96', variant))
      mesh.putHosts('96', {})
      mesh.ads.flush()
      await mesh.eventually('l96', 'd', '404 ')
      mesh.putHosts('95', { d: 'b' })
      mesh.putHosts('96', { d: 'b' })
      mesh.ads.flush()
      await mesh.eventually('l95', 'd', '200 B2')
      await mesh.eventually('l96', 'd', '200 B2')
    })

    test('takes a removed listener and the same again, with its hosts', async () => {
      mesh.put(listener, 'l90', undefined)
      mesh.ads.flush()
      await mesh.settled()
      await assert.rejects(mesh.get('l90', 'c'))
      mesh.put(listener, 'l90', httpListener('l90', mesh.port('l90'), '90', variant))
      mesh.ads.flush()
      await mesh.eventually('l90', 'c', '200 B2')
    })

    test('reconnects without a failed request, and learns what changed meanwhile', async () => {
      const traffic = mesh.traffic('l80', 'a')
      const bytes = mesh.ads.stats.bytesSent
      assert.equal(
        mesh.ads.disconnect(() => true),
        1,
      )
      mesh.put(cluster, 'c', edsCluster('c'))
      mesh.put(endpoint, 'c', assignment('c', mesh.backend('C')))
      mesh.putHosts('90', { e: 'c' })
      mesh.ads.flush()
      await mesh.eventually('l90', 'e', '200 C')
      await mesh.eventually('l90', 'c', '404 ')
      await mesh.settled()
      const { answers } = await traffic.stop()
      assert.deepEqual(Object.keys(answers), ['200 B2'])
      // Delta: three small resources and two names; no more.
      if (variant === 'delta')
        assert.ok(mesh.ads.stats.bytesSent - bytes < 1500, `${mesh.ads.stats.bytesSent - bytes} bytes`)
    })

    test('nothing of all this was refused', () => {
      assert.equal(mesh.ads.stats.nacks, 0, JSON.stringify(mesh.nacks()))
      // In the state of the world a subscription that crosses a response carries the nonce before.
      if (variant === 'delta') assert.equal(mesh.ads.stats.staleNonces, 0)
    })

    test('says what it refuses, and takes the mended resource', async () => {
      mesh.put(cluster, 'bad', {
        ...edsCluster('bad'),
        perConnectionBufferLimitBytes: { value: 1 },
        lbPolicy: 'RING_HASH',
        ringHashLbConfig: { minimumRingSize: { value: 9 }, maximumRingSize: { value: 3 } },
      })
      mesh.put(endpoint, 'bad', assignment('bad', mesh.backend('Bad')))
      mesh.ads.flush()
      await until(() => mesh.nacks().length > 0)
      assert.match(mesh.nacks()[0] ?? '', /bad/)
      mesh.put(cluster, 'bad', edsCluster('bad'))
      mesh.ads.flush()
      await mesh.settled()
      assert.equal(mesh.held(cluster).has('bad'), true)
    })
  })
}
