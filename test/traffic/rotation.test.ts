import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import Sqlite from 'better-sqlite3'
import type { AuthorityStatus } from '../../src/admin/rotation-view.ts'
import { createToken, launchAgent, testNamespace } from '../support/agents.ts'
import { type LoadReport, startLoad } from '../support/load.ts'
import {
  call,
  callingWorkload,
  servedWorkload,
  startApplication,
  startMesh,
  strictMutualTls,
  type TestMesh,
} from '../support/mesh.ts'
import { type RunningDaemon, runCommand, startDaemon, until } from '../support/processes.ts'

const caller = { name: 'caller', ip: '127.0.43.1' }
const kept = { name: 'kept', ip: '127.0.43.2' }
const fresh = { name: 'fresh', ip: '127.0.43.3' }
const late = { name: 'late', ip: '127.0.43.4' }

/** Its clients make a TLS handshake for each request. */
const oneRequestAConnection = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: fresh, namespace: ${testNamespace} }
spec:
  host: fresh.test.internal
  trafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } } }
`

const config = {
  'caller.yaml': callingWorkload(caller.name, caller.ip),
  'kept.yaml': servedWorkload(kept.name, kept.ip),
  'fresh.yaml': servedWorkload(fresh.name, fresh.ip) + oneRequestAConnection,
  'strict.yaml': strictMutualTls,
}

const through = (name: string, requestPath = '/') => ({
  host: caller.ip,
  port: 18081,
  path: requestPath,
  headers: { host: `${name}.test.internal` },
})

async function ca(t: TestContext, data: string, ...args: readonly string[]): Promise<AuthorityStatus> {
  const { code, stdout, stderr } = await runCommand(t, 'ca', ...args, '--data', data, '-o', 'json')
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as AuthorityStatus
}

async function startWorkloads(t: TestContext): Promise<TestMesh> {
  for (const { name, ip } of [kept, fresh]) await startApplication(t, name, ip, 19080)
  const mesh = await startMesh(t, config, [caller, kept, fresh])
  for (const name of ['kept', 'fresh']) await until(async () => (await call(through(name))).status === 200, 10_000)
  return mesh
}

/** On connections that stay, on new ones, and with a handshake of the mesh for each request. */
function startLoads(t: TestContext): () => Promise<LoadReport> {
  const loads = [
    startLoad(t, { target: through('kept'), perSecond: 20, connections: 'kept' }),
    startLoad(t, { target: through('kept'), perSecond: 10, connections: 'new' }),
    startLoad(t, { target: through('fresh'), perSecond: 15, connections: 'new' }),
  ]
  return async () => {
    const reports = await Promise.all(loads.map(load => load.stop()))
    return {
      sent: reports.reduce((sum, report) => sum + report.sent, 0),
      failed: reports.reduce((sum, report) => sum + report.failed, 0),
      reasons: reports.flatMap(report => report.reasons),
    }
  }
}

interface OpenStream {
  chunks: number
  /** What ended it; '' as long as nothing has. */
  ended: string
}

/** An application whose answer goes on and on. */
async function startEndlessApplication(t: TestContext, ip: string): Promise<void> {
  const server = http.createServer((_request, response) => {
    const timer = setInterval(() => response.write('.'), 100)
    response.on('close', () => clearInterval(timer))
  })
  await new Promise<void>(resolve => server.listen(19080, ip, resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
}

function openStream(t: TestContext, target: http.RequestOptions): OpenStream {
  const stream: OpenStream = { chunks: 0, ended: '' }
  const request = http.get(target, response => {
    response.on('data', () => {
      if (response.statusCode === 200) stream.chunks++
    })
    response.on('close', () => {
      stream.ended = `closed with ${response.statusCode}`
    })
  })
  request.on('error', error => {
    stream.ended = error.message
  })
  t.after(() => request.destroy())
  return stream
}

const stateOf = (mesh: TestMesh, name: string, file: string): string =>
  readFileSync(path.join(mesh.folder, 'state', name, file), 'utf8')

function fingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()
}

/** The roots in the trust that the agent has on disk. */
function rootsAt(mesh: TestMesh, name: string): readonly string[] {
  const { rootsPem } = JSON.parse(stateOf(mesh, name, 'trust.json')) as { rootsPem: string }
  return (rootsPem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []).map(fingerprint)
}

async function untilDone(t: TestContext, data: string): Promise<AuthorityStatus> {
  let status = await ca(t, data, 'status')
  await until(async () => {
    status = await ca(t, data, 'status')
    return status.rotation?.step === 'done' || status.rotation?.step === 'aborted'
  }, 60_000).catch(() => assert.fail(`not done: ${JSON.stringify(status)}`))
  return status
}

test('a whole rotation costs no request, on connections old and new, and ends with the new root alone', async t => {
  const mesh = await startWorkloads(t)
  const { data } = mesh.daemon
  await startEndlessApplication(t, late.ip)
  mesh.put('late.yaml', servedWorkload(late.name, late.ip))
  await mesh.join(late)
  const oldToken = await createToken(t, { name: 'joins-later', ip: '127.0.43.5' }, data)
  const before = await ca(t, data, 'status')
  const oldRoot = before.roots[0]?.fingerprint ?? ''
  let stream = openStream(t, through('late'))
  await until(() => {
    if (stream.ended !== '') stream = openStream(t, through('late'))
    return stream.chunks > 5
  }, 10_000)
  const stopLoads = startLoads(t)

  const begun = await ca(t, data, 'rotate', '--window', '3s')
  assert.equal(begun.rotation?.fromRoot, oldRoot)
  const done = await untilDone(t, data)

  const report = await stopLoads()
  assert.equal(report.failed, 0, report.reasons.join('\n'))
  assert.ok(report.sent > 200, `${report.sent} sent`)
  assert.equal(stream.ended, '')
  assert.equal(done.rotation?.step, 'done')
  const newRoot = done.rotation?.toRoot ?? ''
  assert.deepEqual(
    done.roots.map(root => [root.fingerprint, root.use]),
    [[newRoot, 'signs']],
  )
  for (const { name } of [caller, kept, fresh, late]) {
    await until(() => rootsAt(mesh, name).join() === newRoot, 5_000)
    const leaf = new X509Certificate(stateOf(mesh, name, 'identity.pem'))
    const root = done.roots.length === 1 ? await runCommand(t, 'ca', 'bundle', '--data', data) : undefined
    assert.ok(leaf.verify(new X509Certificate(root?.stdout ?? '').publicKey), `${name} has a leaf of the new root`)
  }
  assert.equal((await call(through('kept'))).status, 200)

  // A token that was made before pins the root that is gone.
  const joining = launchAgent(
    t,
    { name: 'joins-later', ip: '127.0.43.5' },
    {
      server: `127.0.0.1:${mesh.daemon.ports.secure}`,
      state: path.join(mesh.folder, 'state', 'joins-later'),
      token: oldToken,
    },
  )
  await until(() => joining.output().stderr.includes('"certificate in use"'), 15_000).catch(() =>
    assert.fail(joining.output().stderr),
  )
  // So does one that is made now, while both ways are presented.
  await mesh.join({ name: 'joins-now', ip: '127.0.43.6' })
})

/** Puts the dead daemon's row on a step that is too short to be met: what a kill right behind its write leaves. */
function setStep(data: string, step: 'distributed' | 'reissued'): void {
  const database = new Sqlite(path.join(data, 'meshwright.db'))
  database.prepare('UPDATE rotation SET step = ?').run(step)
  if (step === 'distributed') database.exec('UPDATE ca_signer SET fingerprint = (SELECT from_root FROM rotation)')
  database.close()
}

test('a daemon that is killed at each step goes on where it was, and no request fails', async t => {
  const mesh = await startWorkloads(t)
  const where = { config: path.join(mesh.folder, 'config'), data: mesh.daemon.data }
  const stopLoads = startLoads(t)
  let daemon: RunningDaemon = mesh.daemon
  const kill = async (): Promise<void> => {
    daemon.child.kill('SIGKILL')
    await daemon.ended
  }
  const stepNow = async (): Promise<string | undefined> => (await ca(t, where.data, 'status')).rotation?.step

  const begun = await ca(t, where.data, 'rotate', '--window', '2s')
  assert.equal(begun.rotation?.step, 'prepared')
  await kill()
  daemon = await startDaemon(t, where)
  assert.equal(await stepNow(), 'prepared')
  await until(() => daemon.output().stderr.includes('"agent attends"'), 10_000)
  // Its agents have both roots by then, or it would not have gone on by itself.
  await until(() => daemon.output().stderr.includes('"step":"distributed"'), 30_000)
  await kill()
  daemon = await startDaemon(t, where)
  assert.equal(await stepNow(), 'switched')
  await kill()
  setStep(where.data, 'distributed')
  daemon = await startDaemon(t, where)
  await until(async () => (await ca(t, where.data, 'status')).rotation?.lagging === 0, 30_000)
  assert.equal(await stepNow(), 'switched')
  await kill()
  setStep(where.data, 'reissued')
  daemon = await startDaemon(t, where)

  const done = await untilDone(t, where.data)
  const report = await stopLoads()
  assert.equal(report.failed, 0, report.reasons.join('\n'))
  assert.equal(done.rotation?.step, 'done')
  assert.equal(done.roots.map(root => root.fingerprint).join(), begun.rotation?.toRoot)
})

test('an abort after the switch goes back to the old root, and no request fails', async t => {
  const mesh = await startWorkloads(t)
  const { data } = mesh.daemon
  const stopLoads = startLoads(t)
  const begun = await ca(t, data, 'rotate', '--window', '5s')
  await until(() => mesh.daemon.output().stderr.includes('"step":"switched"'), 30_000)
  await ca(t, data, 'rotate', '--abort')
  const aborted = await untilDone(t, data)
  const report = await stopLoads()
  assert.equal(report.failed, 0, report.reasons.join('\n'))
  assert.equal(aborted.rotation?.step, 'aborted')
  assert.deepEqual(
    aborted.roots.map(root => [root.fingerprint, root.use]),
    [[begun.rotation?.fromRoot, 'signs']],
  )
})
