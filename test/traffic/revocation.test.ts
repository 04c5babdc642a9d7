import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { call, envoyStats } from '../support/mesh.ts'
import { type MeshCertificate, openTls, type RawConnection, startValve } from '../support/mesh-clients.ts'
import { runCommand, until } from '../support/processes.ts'
import { startRevocationScene, tcpPort, webPort } from '../support/revocation-scene.ts'

const server = '127.0.44.1'
const client = '127.0.44.2'
const web = { host: server, port: webPort }
const tcp = { host: server, port: tcpPort }

const listenerPushes = async (): Promise<number | undefined> =>
  (await envoyStats(server)).get('listener_manager.lds.update_success')

/** Once its sessions are there: TLS 1.3 sends them after the handshake. */
async function sessionOf(connection: RawConnection | undefined): Promise<Buffer> {
  await until(() => (connection?.sessions.length ?? 0) > 0, 5000)
  return connection?.sessions.at(-1) ?? assert.fail('no session')
}

test('a revoked client is kept out of everything at once, and its sibling loses nothing', async t => {
  const { certificate, revoke, unrevoke, request, talk } = await startRevocationScene(t, { server, client })
  const [a, sibling, neighbour] = [await certificate('a'), await certificate('a'), await certificate('b')]
  const all = [a, sibling, neighbour]
  const webs = await Promise.all(all.map(one => openTls(one, web)))
  const tcps = await Promise.all(all.map(one => openTls(one, tcp)))
  for (const open of webs) assert.equal(await open.get(), 200)
  for (const open of tcps) assert.equal(await open.say('hello'), 'HELLO')
  const [session, siblingSession] = [await sessionOf(webs[0]), await sessionOf(webs[1])]
  // Handshakes that have begun, and go on only after the push.
  const [webValve, tcpValve] = [await startValve(t, server, web.port), await startValve(t, server, tcp.port)]
  const late = (valve: { readonly port: number }, one: MeshCertificate) =>
    openTls(one, { host: '127.0.0.1', port: valve.port }).catch(() => undefined)
  const lateWebs = [late(webValve, a), late(webValve, sibling)]
  const lateTcps = [late(tcpValve, a), late(tcpValve, sibling)]
  await until(() => webValve.answered === 2 && tcpValve.answered === 2, 5000)
  const pushes = await listenerPushes()

  const report = await revoke('--serial', a.serialNumber, '--reason', 'certificateHold')

  assert.deepEqual([report.code, report.isEnforced, report.unreachable], [0, true, []])
  assert.deepEqual(report.paths, [{ path: 'crl+rbac', proxies: 1, reason: '' }])
  assert.deepEqual(report.certificates, [a.serialNumber])
  assert.ok(report.tookMs < 2000, `${report.tookMs} ms`)
  await t.test('requests on open connections', async () => {
    assert.deepEqual(await Promise.all(webs.map(open => open.get())), [403, 200, 200])
    assert.deepEqual(await Promise.all(webs.map(open => open.get())), [403, 200, 200])
  })
  await t.test('open TCP connections, at their next byte', async () => {
    assert.deepEqual(await Promise.all(tcps.map(open => open.say('again'))), ['', 'AGAIN', 'AGAIN'])
    assert.deepEqual(
      tcps.map(({ isOpen }) => isOpen),
      [false, true, true],
    )
  })
  await t.test('new connections', async () => {
    assert.deepEqual(await Promise.all(all.map(one => request(one))), [0, 200, 200])
    assert.deepEqual(await Promise.all(all.map(one => talk(one))), ['', 'HELLO', 'HELLO'])
  })
  await t.test('handshakes that had begun before', async () => {
    webValve.open()
    tcpValve.open()
    const [refused, fine] = await Promise.all(lateWebs)
    assert.equal((await refused?.get()) ?? 0, 403)
    assert.equal(await fine?.get(), 200)
    const [cut, talking] = await Promise.all(lateTcps)
    assert.equal((await cut?.say('hello')) ?? '', '')
    assert.equal(await talking?.say('hello'), 'HELLO')
  })
  await t.test('resumed sessions', async () => {
    assert.equal(await request(a, { session }), 0)
    assert.equal(await request(sibling, { session: siblingSession }), 200)
  })
  await t.test('without any push of listeners', async () => assert.equal(await listenerPushes(), pushes))
  await t.test('until the hold is lifted', async () => {
    await unrevoke('--serial', a.serialNumber)
    assert.deepEqual(await Promise.all(all.map(one => request(one))), [200, 200, 200])
    assert.equal(await talk(a), 'HELLO')
    assert.equal(await webs[0]?.get(), 200)
  })
  await t.test('connections that say nothing, when a deadline asks for it', async () => {
    const silent = await openTls(a, tcp)
    assert.equal(await silent.say('hello'), 'HELLO')
    const { drain, code } = await revoke('--serial', a.serialNumber, '--deadline', '3s')
    assert.deepEqual([drain?.isWithinDeadline, drain?.proxies, code], [true, 1, 0])
    const ended = await Promise.race([silent.closed.then(() => 'ended'), sleep(3000, 'open')])
    assert.equal(ended, 'ended')
    assert.deepEqual([await talk(sibling), await talk(neighbour)], ['HELLO', 'HELLO'])
  })
  for (const open of [...webs, ...tcps]) open.end()
})

test('a revoked server is left by its clients, cut off from the daemon, and back with a new certificate', async t => {
  const { mesh, revoke, unrevoke } = await startRevocationScene(t, { server, client }, [
    { name: 'server', ip: server },
    { name: 'client', ip: client },
  ])
  const agent = new http.Agent({ keepAlive: true })
  const request = async (): Promise<number> =>
    (await call({ host: client, port: 18081, agent, headers: { host: 'web.test.internal' } })).status
  await until(async () => (await request()) === 200, 10_000)
  const talking = net.connect(17001, client)
  talking.on('error', () => undefined)
  talking.write('hello')
  const [first] = (await once(talking, 'data')) as [Buffer]
  assert.equal(first.toString(), 'HELLO')

  const identity = 'spiffe://cluster.local/ns/test/sa/server'
  const report = await revoke('--identity', identity)

  assert.deepEqual([report.code, report.proxies, report.enforced], [0, 1, 1], JSON.stringify(report.unreachable))
  assert.ok(report.connectionsCut >= 1)
  assert.equal(await request(), 503)
  const closed = once(talking, 'close')
  talking.write('again')
  await closed
  const proxies = async (): Promise<string> =>
    (await runCommand(t, 'get', 'proxies', '--data', mesh.daemon.data)).stdout
  assert.doesNotMatch(await proxies(), /server\.test/)
  await sleep(1500)
  assert.doesNotMatch(await proxies(), /server\.test/, 'it came back with a revoked certificate')

  await unrevoke('--identity', identity)
  assert.equal(await request(), 503)
  const before = mesh.agent('server')
  before.child.kill('SIGTERM')
  await before.ended
  // As a machine that was made anew.
  rmSync(path.join(mesh.folder, 'state', 'server'), { recursive: true })
  await mesh.join({ name: 'server', ip: server })
  await until(async () => (await request()) === 200, 10_000)
  agent.destroy()
})

test('a response that a revoked server is still sending ends with the drain, when a deadline asks for it', async t => {
  const [sending, hearing] = ['127.0.44.7', '127.0.44.8']
  const { mesh, revoke } = await startRevocationScene(t, { server: sending, client: hearing }, [
    { name: 'server', ip: sending },
    { name: 'client', ip: hearing },
  ])
  const target = { host: hearing, port: 18081, headers: { host: 'web.test.internal' } }
  await until(async () => (await call(target)).status === 200, 10_000)
  const stream = { chunks: 0, isOpen: true }
  const request = http.get({ ...target, path: '/endless' }, response => {
    response.on('data', () => stream.chunks++)
    response.on('error', () => undefined)
    response.on('close', () => {
      stream.isOpen = false
    })
  })
  request.on('error', () => undefined)
  t.after(() => request.destroy())
  const untilMore = async (): Promise<void> => {
    const before = stream.chunks
    await until(() => stream.chunks > before + 3, 10_000)
  }
  await untilMore()

  const identity = 'spiffe://cluster.local/ns/test/sa/server'
  const { code } = await revoke('--identity', identity)
  assert.equal(code, 0)
  assert.equal((await call(target)).status, 503)
  // Nothing that is pushed reaches what runs: that is what the deadline is for.
  await untilMore()
  assert.ok(stream.isOpen)

  const { drain } = await revoke('--identity', identity, '--deadline', '10s')
  assert.equal(drain?.isWithinDeadline, true)
  await until(() => !stream.isOpen, 30_000)
  assert.ok(mesh.agent('server').child.exitCode === null, 'the server itself runs on')
})
