/** The root in a plug-in directory changes under traffic: both are trusted everywhere before the new one signs, and no request fails. */

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AuthorityStatus } from '../../src/admin/rotation-view.ts'
import { type ForeignAuthority, foreignAuthority } from '../../src/ca/testing/foreign-authority.ts'
import { testNamespace } from '../support/agents.ts'
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
import { type RunningDaemon, runCommand, startDaemon, temporaryFolder, until } from '../support/processes.ts'

const caller = { name: 'caller', ip: '127.0.45.1' }
const kept = { name: 'kept', ip: '127.0.45.2' }
const fresh = { name: 'fresh', ip: '127.0.45.3' }
const workloads = [caller, kept, fresh]

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

const through = (name: string) => ({
  host: caller.ip,
  port: 18081,
  path: '/',
  headers: { host: `${name}.test.internal` },
})

interface Pki {
  readonly root: ForeignAuthority
  readonly signer: ForeignAuthority
}

async function pki(name: string): Promise<Pki> {
  const root = await foreignAuthority(`${name} root`)
  return { root, signer: await foreignAuthority(`${name} signer`, { by: root }) }
}

/** As those do it who replace files under a reader, one after the other: for moments the set does not fit together. */
function putSet(directory: string, { root, signer }: Pki): void {
  const files = {
    'ca-cert.pem': signer.certPem,
    'ca-key.pem': signer.keyPem,
    'cert-chain.pem': signer.certPem,
    // The old root is not in it any more.
    'root-cert.pem': root.certPem,
  }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(directory, `.${name}`), content, { mode: 0o600 })
    renameSync(path.join(directory, `.${name}`), path.join(directory, name))
  }
}

const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

interface Scene {
  readonly mesh: TestMesh
  readonly directory: string
  readonly before: Pki
  readonly after: Pki
  status(): Promise<AuthorityStatus>
  /** On connections that stay, on new ones, and with a handshake of the mesh for each request. */
  startLoads(): () => Promise<LoadReport>
}

async function startScene(t: TestContext): Promise<Scene> {
  const directory = path.join(temporaryFolder(t), 'cacerts')
  mkdirSync(directory)
  const [before, after] = [await pki('old'), await pki('new')]
  putSet(directory, before)
  for (const { name, ip } of [kept, fresh]) await startApplication(t, name, ip, 19080)
  const caConfig = `issuer: { kind: plug-in, plugIn: { directory: ${directory} }, renewalWindowSeconds: 3 }\n`
  const mesh = await startMesh(t, config, workloads, { caConfig })
  for (const name of ['kept', 'fresh']) await until(async () => (await call(through(name))).status === 200, 10_000)
  return {
    mesh,
    directory,
    before,
    after,
    async status() {
      const { code, stdout, stderr } = await runCommand(t, 'ca', 'status', '--data', mesh.daemon.data, '-o', 'json')
      assert.equal(code, 0, stderr)
      return JSON.parse(stdout) as AuthorityStatus
    },
    startLoads() {
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
    },
  }
}

/** Every agent's Envoy uses a leaf of the new root, and the old one is trusted by nobody any more. */
async function untilTakenOver(scene: Scene): Promise<void> {
  const [old, next] = [scene.before.root, scene.after.root].map(({ certPem }) => fingerprint(certPem))
  let last: AuthorityStatus | undefined
  await until(async () => {
    last = await scene.status()
    return last.succession?.step === 'settled' && last.roots.map(root => root.fingerprint).join() === next
  }, 90_000).catch(() => assert.fail(`not taken over from ${old}: ${JSON.stringify(last)}`))
  for (const { name } of workloads) {
    const state = (file: string): string => readFileSync(path.join(scene.mesh.folder, 'state', name, file), 'utf8')
    const leaf = new X509Certificate(state('identity.pem'))
    assert.ok(
      leaf.verify(new X509Certificate(scene.after.signer.certPem).publicKey),
      `${name} has a leaf of the new root`,
    )
    await until(() => {
      const { rootsPem } = JSON.parse(state('trust.json')) as { rootsPem: string }
      return rootsPem.trim() === scene.after.root.certPem.trim()
    }, 10_000)
  }
}

test('a root that is replaced in the directory costs no request; the old one is trusted as long as something leads to it', async t => {
  const scene = await startScene(t)
  const stop = scene.startLoads()
  putSet(scene.directory, scene.after)
  const { output } = scene.mesh.daemon
  await until(() => output().stderr.includes('"signs when its root is trusted by everybody"'), 20_000)
  await untilTakenOver(scene)
  const report = await stop()
  assert.equal(report.failed, 0, report.reasons.join('\n'))
  assert.ok(report.sent > 200, `${report.sent} sent`)
  assert.equal((await call(through('fresh'))).status, 200)
  // Everybody had both roots before the new one signed, and the old one went when nothing led to it.
  const log = output().stderr
  const at = (text: string): number => log.lastIndexOf(text)
  const order = ['"signs when its root is trusted by everybody"', '"signs from now on"', 'they are dropped"'].map(at)
  assert.ok(
    order.every((place, i) => place > (order[i - 1] ?? 0)),
    JSON.stringify(order),
  )
})

test('a root that is replaced while the daemon is down, and a daemon killed after it began to sign, cost no request', async t => {
  const scene = await startScene(t)
  const { data } = scene.mesh.daemon
  const args = ['--ca-config', path.join(scene.mesh.folder, 'ca-config.yaml')]
  const where = { config: path.join(scene.mesh.folder, 'config'), data, args }
  const stop = scene.startLoads()
  let daemon: RunningDaemon = scene.mesh.daemon
  const kill = async (): Promise<void> => {
    daemon.child.kill('SIGKILL')
    await daemon.ended
  }
  await kill()
  putSet(scene.directory, scene.after)
  daemon = await startDaemon(t, where)
  const next = fingerprint(scene.after.signer.certPem)
  // It waits half a minute for agents to come back.
  await until(() => daemon.output().stderr.includes(`"signer":"${next}"`), 10_000)
  await until(() => /"signs from now on"/.test(daemon.output().stderr.split(`"signer":"${next}"`).at(-1) ?? ''), 90_000)
  await kill()
  daemon = await startDaemon(t, where)
  await untilTakenOver(scene)
  const report = await stop()
  assert.equal(report.failed, 0, report.reasons.join('\n'))
  assert.ok(report.sent > 200, `${report.sent} sent`)
})
