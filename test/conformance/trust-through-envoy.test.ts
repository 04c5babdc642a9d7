import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import type { MeshTrust } from '../../src/agent/attend/mesh-trust.ts'
import { staticGrpcCluster } from '../../src/agent/bootstrap/static-clusters.ts'
import { certificateRequest, formatKey, generateKey } from '../../src/agent/identity/certificate-request.ts'
import { type WorkloadCertificate, workloadCertificateFrom } from '../../src/agent/identity/workload-certificate.ts'
import { createSecretServer, type SecretServer } from '../../src/agent/sds/secret-server.ts'
import { createTestAuthority, type TestAuthority } from '../../src/agent/testing/authority.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { until } from '../support/processes.ts'
import { envoyPath, freePorts } from './static-envoy.ts'

const own = 'spiffe://cluster.local/ns/a/sa/b'
const foreign = 'spiffe://other.example/ns/a/sa/b'

let mesh: TestAuthority
let next: TestAuthority
let other: TestAuthority
let server: WorkloadCertificate
let secrets: SecretServer
let port: number
const endings: (() => Promise<void>)[] = []

async function issue(authority: TestAuthority, uri: string): Promise<WorkloadCertificate> {
  const key = await generateKey('ec-p256')
  const nowMs = systemClock.now()
  const chainPem = await authority.sign(certificateRequest(key, uri))
  const parts = { keyPem: formatKey(key), chainPem, rootsPem: authority.rootPem, issuedAtMs: nowMs }
  return workloadCertificateFrom(parts, nowMs)
}

const sds = (name: string) => ({
  name,
  sds_config: {
    api_config_source: {
      api_type: 'GRPC',
      transport_api_version: 'V3',
      grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }],
    },
    resource_api_version: 'V3',
  },
})

function bootstrap(socketPath: string): unknown {
  const types = 'type.googleapis.com/envoy.extensions'
  const context = {
    '@type': `${types}.transport_sockets.tls.v3.DownstreamTlsContext`,
    require_client_certificate: true,
    common_tls_context: {
      tls_certificate_sds_secret_configs: [sds('default')],
      combined_validation_context: {
        default_validation_context: {
          match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { prefix: 'spiffe://' } }],
        },
        validation_context_sds_secret_config: sds('ROOTCA'),
      },
    },
  }
  const echo = { name: 'echo', typed_config: { '@type': `${types}.filters.network.echo.v3.Echo` } }
  return {
    node: { id: 'n', cluster: 'c' },
    static_resources: {
      clusters: [staticGrpcCluster('sds-grpc', socketPath)],
      listeners: [
        {
          name: 'in',
          address: { socket_address: { address: '127.0.0.1', port_value: port } },
          filter_chains: [
            { filters: [echo], transport_socket: { name: 'envoy.transport_sockets.tls', typed_config: context } },
          ],
        },
      ],
    },
  }
}

before(async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-trust-'))
  endings.push(async () => rmSync(directory, { recursive: true }))
  mesh = await createTestAuthority('mesh')
  next = await createTestAuthority('next')
  other = await createTestAuthority('other')
  server = await issue(mesh, own)
  ;[port = 0] = await freePorts(1)
  const socketPath = path.join(directory, 'sds.sock')
  secrets = createSecretServer({ socketPath, clock: systemClock, log: silentLog })
  secrets.update(server, trust({}))
  await secrets.start()
  endings.push(() => secrets.stop())
  const file = path.join(directory, 'bootstrap.json')
  writeFileSync(file, JSON.stringify(bootstrap(socketPath)))
  const args = ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error']
  const envoy = spawn(await envoyPath(), args, { stdio: 'inherit' })
  endings.push(async () => {
    const ended = once(envoy, 'exit')
    envoy.kill('SIGKILL')
    await ended
  })
  await until(() => secrets.isInForce('ROOTCA') === 'yes' && secrets.isInForce('default') === 'yes', 15_000)
})

after(async () => {
  for (const end of endings.toReversed()) await end()
})

let generation = 0
function trust(content: Partial<MeshTrust>): MeshTrust {
  generation += 1
  return { generation, rootsPem: mesh.rootPem, crlsPem: '', federated: [], ...content }
}

/** In force at Envoy when it resolves. */
async function use(content: Partial<MeshTrust>): Promise<void> {
  secrets.update(server, trust(content))
  assert.equal(secrets.isInForce('ROOTCA'), 'no')
  await until(() => secrets.isInForce('ROOTCA') === 'yes', 5_000)
}

/** Echoes on one connection for as long as it is open. */
function openConnection({ keyPem, chainPem }: WorkloadCertificate): { say(): Promise<boolean>; end(): void } {
  const socket = connect({ host: '127.0.0.1', port, key: keyPem, cert: chainPem, rejectUnauthorized: false })
  socket.on('error', () => undefined)
  return {
    say: () =>
      new Promise(resolve => {
        socket.once('data', () => resolve(true))
        socket.once('close', () => resolve(false))
        socket.write('x')
      }),
    end: () => void socket.destroy(),
  }
}

/** Whether a byte comes back. With TLS 1.3 a refusal arrives behind the client's handshake. */
function isAccepted({ keyPem, chainPem }: WorkloadCertificate): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, key: keyPem, cert: chainPem, rejectUnauthorized: false })
    socket.on('secureConnect', () => socket.write('x'))
    socket.on('data', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  })
}

test('with two roots both count from the acknowledgement on, and a dropped one no more', async () => {
  const [ofOld, ofNext] = [await issue(mesh, own), await issue(next, own)]
  assert.equal(await isAccepted(ofOld), true)
  assert.equal(await isAccepted(ofNext), false)
  await use({ rootsPem: mesh.rootPem + next.rootPem })
  assert.equal(await isAccepted(ofOld), true)
  assert.equal(await isAccepted(ofNext), true)
  await use({ rootsPem: next.rootPem })
  assert.equal(await isAccepted(ofOld), false)
  assert.equal(await isAccepted(ofNext), true)
})

test("another domain's root counts for its own names, never for ours, nor ours for theirs", async () => {
  await use({ federated: [{ trustDomain: 'other.example', rootsPem: other.rootPem }] })
  assert.equal(await isAccepted(await issue(mesh, own)), true)
  assert.equal(await isAccepted(await issue(other, foreign)), true)
  assert.equal(await isAccepted(await issue(other, own)), false)
  assert.equal(await isAccepted(await issue(mesh, foreign)), false)
  await use({})
  assert.equal(await isAccepted(await issue(other, foreign)), false)
  assert.equal(await isAccepted(await issue(mesh, own)), true)
})

test('a list past its end refuses every new handshake and leaves open connections; a newer list lets all but the revoked in again', async () => {
  const [good, revoked] = [await issue(mesh, own), await issue(mesh, own)]
  const open = openConnection(good)
  assert.equal(await open.say(), true)
  // Lists know whole seconds.
  const endMs = Math.floor(systemClock.now() / 1000) * 1000 + 3_000
  await use({ crlsPem: await mesh.revocationList(endMs, [revoked.serialNumber]) })
  assert.equal(await isAccepted(good), true)
  assert.equal(await isAccepted(revoked), false)
  // Nobody renews it: as when the daemon is down for longer than its list holds.
  await until(async () => !(await isAccepted(good)), 10_000)
  assert.ok(systemClock.now() >= endMs)
  assert.equal(await isAccepted(revoked), false)
  assert.equal(await open.say(), true)
  // The daemon is back: its first list goes to every agent.
  await use({ crlsPem: await mesh.revocationList(systemClock.now() + 3_600_000, [revoked.serialNumber]) })
  assert.equal(await isAccepted(good), true)
  assert.equal(await isAccepted(revoked), false)
  open.end()
  await use({})
})

test('a root without a list makes its clients strangers as soon as another root has one', async () => {
  const [ofMesh, ofNext] = [await issue(mesh, own), await issue(next, own)]
  const rootsPem = mesh.rootPem + next.rootPem
  const endMs = systemClock.now() + 3_600_000
  await use({ rootsPem, crlsPem: await mesh.revocationList(endMs, []) })
  assert.deepEqual([await isAccepted(ofMesh), await isAccepted(ofNext)], [true, false])
  await use({ rootsPem, crlsPem: (await mesh.revocationList(endMs, [])) + (await next.revocationList(endMs, [])) })
  assert.deepEqual([await isAccepted(ofMesh), await isAccepted(ofNext)], [true, true])
  await use({})
})
