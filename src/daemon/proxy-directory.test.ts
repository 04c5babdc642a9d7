import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import type { PeerIdentity, RpcStatus } from '../platform/rpc.ts'
import { createTestWorld } from '../translate/testing/test-world.ts'
import { createAdsServer } from '../xds/ads-server.ts'
import { openFakeStream } from '../xds/testing/fake-transport.ts'
import { createProxyDirectory } from './proxy-directory.ts'

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'
const clock = new FakeClock()

function peerOf(...uris: readonly string[]): PeerIdentity {
  const certificate = { uris, serialNumber: '01', notAfterMs: clock.now() + 1000, raw: Buffer.alloc(0) }
  return { transport: 'tls', address: '192.0.2.1:1', certificate }
}

/** How a stream ends whose first message is bytes that no decoder takes. */
function endOf(peer: PeerIdentity): RpcStatus | undefined {
  const { translation } = createTestWorld([])
  const directory = createProxyDirectory({
    // Sound: nobody gets so far as to be given tables.
    translation: translation as never,
    isSynced: () => true,
    clock,
    trustDomains: () => ['mesh.example', 'old.example'],
  })
  const ads = createAdsServer({ directory, log: silentLog, clock })
  const stream = openFakeStream(ads.methods, path, peer)
  let end: RpcStatus | undefined
  stream.onEnd(status => {
    end ??= status
  })
  stream.send(Buffer.from([0xff]))
  return end
}

/** What those are told whose message was looked at. */
const decoded = 'the request does not decode'

test('CVE-2022-23635: who comes to the TLS port without a certificate is refused before a byte is decoded', () => {
  const end = endOf({ transport: 'tls', address: '192.0.2.1:1' })
  assert.equal(end?.code, 'UNAUTHENTICATED')
  assert.match(end.message, /a client certificate is needed/)
})

test('SPI-01-003: the trust domain of a certificate is one of the mesh, whatever else its root vouches for', () => {
  assert.equal(endOf(peerOf('spiffe://mesh.example/ns/shop/sa/web'))?.message, decoded)
  assert.equal(endOf(peerOf('spiffe://old.example/ns/shop/sa/web'))?.message, decoded)
  for (const other of ['elsewhere.example', 'mesh.example.evil', 'evil-mesh.example']) {
    assert.equal(endOf(peerOf(`spiffe://${other}/ns/shop/sa/web`))?.code, 'UNAUTHENTICATED', other)
  }
  assert.notEqual(endOf(peerOf('spiffe://mesh.example/ns/shop/../bank/sa/web'))?.message, decoded)
})

test('CVE-2022-40716: a certificate with two identities is nobody', () => {
  const [own, other] = ['spiffe://mesh.example/ns/shop/sa/web', 'spiffe://mesh.example/ns/bank/sa/web']
  assert.equal(endOf(peerOf(own, other))?.code, 'UNAUTHENTICATED')
})

test('CVE-2022-21654: a connection that outlives its certificate gets no new stream', () => {
  const peer = peerOf('spiffe://mesh.example/ns/shop/sa/web')
  assert.equal(endOf(peer)?.message, decoded)
  clock.advance(1000)
  assert.equal(endOf(peer)?.code, 'UNAUTHENTICATED')
})
