import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import { certificateRequest, formatKey, generateKey } from '../identity/certificate-request.ts'
import { createCertificate } from '../identity/certificate-service.ts'
import { deltaRequest } from '../relay/delta-messages.ts'
import { type DaemonOnTls, startDaemonOnTls, testServerName } from '../testing/daemon.ts'
import { createDaemonAuthority } from './daemon-authority.ts'
import { CallFailed, type CallStatus, type ClientStream, createDaemonClient } from './daemon-client.ts'
import { createDaemonLink, type DaemonLink } from './daemon-link.ts'

const uri = 'spiffe://cluster.local/ns/photo/sa/web'
const adsPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'

let daemon: DaemonOnTls
before(async () => {
  daemon = await startDaemonOnTls()
})
after(() => daemon.stop())

const endpoint = () => ({ address: { host: '127.0.0.1', port: daemon.port }, serverName: testServerName })

async function identity() {
  const key = await generateKey('ec-p256')
  const chainPem = await daemon.authority.sign(certificateRequest(key, uri))
  return { keyPem: formatKey(key), chainPem, rootsPem: daemon.authority.rootPem }
}

/** A stream on which the daemon has answered once. */
async function stream(link: DaemonLink): Promise<{ stream: ClientStream; closed: Promise<CallStatus> }> {
  const answered = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<CallStatus>()
  const opened = link.open(adsPath, { onMessage: () => answered.resolve(), onClose: closed.resolve })
  const node = lengthDelimited(1, lengthDelimited(1, Buffer.from('node')))
  opened.send(Buffer.concat([node, deltaRequest({ typeUrl: typeUrls.cluster, subscribe: [] })]))
  const first = await Promise.race([answered.promise, closed.promise])
  assert.equal(first, undefined)
  return { stream: opened, closed: closed.promise }
}

test('a certificate is issued over TLS to the holder of a token, and to the holder of a certificate', async () => {
  const authority = createDaemonAuthority(endpoint())
  const key = await generateKey('ec-p256')
  const request = { csrPem: certificateRequest(key, uri), ttlMs: 60_000, clusterId: 'c1', bearer: 'token' }
  const rootsPem = daemon.authority.rootPem
  const signed = await authority.sign(request, { rootsPem, identity: undefined })
  assert.equal(signed.rootsPem, rootsPem)
  const held = { keyPem: formatKey(key), chainPem: signed.chainPem }
  await authority.sign({ ...request, bearer: undefined }, { rootsPem, identity: held })
  assert.deepEqual(daemon.peers.at(-1)?.certificate?.uris, [uri])
  await assert.rejects(
    authority.sign({ ...request, bearer: undefined }, { rootsPem, identity: undefined }),
    error => error instanceof CallFailed && error.status.code === 'UNAUTHENTICATED',
  )
})

test('a daemon with another root, or another name, is never sent a request', async () => {
  const { createTestAuthority } = await import('../testing/authority.ts')
  const other = await createTestAuthority('other')
  const request = { csrPem: '', ttlMs: 1, clusterId: '', bearer: 'secret' }
  const asked = daemon.peers.length
  for (const client of [
    createDaemonClient(endpoint(), other.rootPem, undefined),
    createDaemonClient({ ...endpoint(), serverName: 'elsewhere.example' }, daemon.authority.rootPem, undefined),
  ]) {
    await assert.rejects(
      createCertificate(client, request),
      error => error instanceof CallFailed && error.status.code === 'UNAVAILABLE',
    )
    client.close()
  }
  assert.equal(daemon.peers.length, asked)
})

test('with a new certificate the running stream goes on, and the next one is made with it', async () => {
  daemon.put(typeUrls.cluster, 'a', Buffer.from('x'))
  const link = createDaemonLink(endpoint())
  const [first, second] = [await identity(), await identity()]
  link.use(first)
  const running = await stream(link)
  link.use(second)
  const next = await stream(link)
  const [one, two] = daemon.peers.slice(-2).map(peer => peer.certificate?.serialNumber)
  assert.notEqual(one, two)
  const quiet = new Promise<'goes on'>(resolve => setTimeout(resolve, 50, 'goes on'))
  assert.equal(await Promise.race([running.closed, quiet]), 'goes on')
  running.stream.cancel()
  next.stream.cancel()
  link.close()
})

test('a daemon that is restarted is reached by the next stream at once', async () => {
  const link = createDaemonLink(endpoint())
  link.use(await identity())
  const running = await stream(link)
  await daemon.stop()
  assert.equal((await running.closed).code, 'UNAVAILABLE')
  const failed = Promise.withResolvers<CallStatus>()
  link.open(adsPath, { onMessage: () => undefined, onClose: failed.resolve })
  assert.equal((await failed.promise).code, 'UNAVAILABLE')
  await daemon.restart()
  const startedMs = performance.now()
  const again = await stream(link)
  assert.ok(performance.now() - startedMs < 1_000)
  again.stream.cancel()
  link.close()
})
