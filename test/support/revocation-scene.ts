/** A server behind its Envoy, for HTTP and for bare TCP, and clients with certificates of the mesh that somebody revokes. */

import assert from 'node:assert/strict'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { RevocationReport } from '../../src/admin/revocation-view.ts'
import type { WorkloadSpec } from './agents.ts'
import { type MeshSettings, startApplication, startMesh, strictMutualTls, type TestMesh } from './mesh.ts'
import { issueCertificate, type MeshCertificate, openTls } from './mesh-clients.ts'
import { runCommand } from './processes.ts'
import { serviceEntry, sidecar, workloadEntry } from './services.ts'
import { startTcpServer } from './tcp.ts'

/** Loopback addresses of one test. */
export interface RevocationPlaces {
  readonly server: string
  readonly client: string
}

export const webPort = 18080
export const tcpPort = 17000

function configurationOf({ server, client }: RevocationPlaces): string {
  const service = (host: string, port: string, targetPort: number): string =>
    serviceEntry({ host: `${host}.test.internal`, app: 'server', port, targetPort })
  const ingress = (port: string, bound: number, application: number): string =>
    `{ port: { number: ${bound}, ${port} }, bind: ${server}, defaultEndpoint: "0.0.0.0:${application}" }`
  const egress = (port: string, host: string): string =>
    `{ port: { number: ${port} }, bind: ${client}, hosts: ["./${host}"] }`
  const [http, tcp] = ['name: http, protocol: HTTP', 'name: tcp, protocol: TCP'] as const
  return [
    service('web', http, webPort),
    service('echo', tcp, tcpPort),
    workloadEntry('server', server),
    sidecar('server', { ingress: `[${ingress(http, webPort, 19080)}, ${ingress(tcp, tcpPort, 19000)}]` }),
    sidecar('client', {
      egress: `[${egress(`18081, ${http}`, '*')}, ${egress(`17001, ${tcp}`, 'echo.test.internal')}]`,
    }),
  ].join('')
}

export interface RevocationScene {
  readonly mesh: TestMesh
  certificate(serviceAccount: string): Promise<MeshCertificate>
  revoke(...flags: readonly string[]): Promise<RevocationReport & { readonly code: number }>
  unrevoke(...flags: readonly string[]): Promise<void>
  /** What a client with this certificate gets on a new connection: HTTP status, 0 when it is refused before. */
  request(certificate: MeshCertificate, more?: { readonly session?: Buffer }): Promise<number>
  /** The same over bare TCP; '' when it is refused. */
  talk(certificate: MeshCertificate): Promise<string>
}

export async function startRevocationScene(
  t: TestContext,
  places: RevocationPlaces,
  workloads: readonly WorkloadSpec[] = [{ name: 'server', ip: places.server }],
  settings: MeshSettings = {},
): Promise<RevocationScene> {
  await startApplication(t, 'server', places.server, 19080)
  await startTcpServer(t, places.server, 19000)
  const config = { 'mesh.yaml': configurationOf(places), 'strict.yaml': strictMutualTls }
  const mesh = await startMesh(t, config, workloads, settings)
  const { data } = mesh.daemon
  let certificates = 0
  return {
    mesh,
    certificate: serviceAccount =>
      issueCertificate(t, { data, out: path.join(mesh.folder, `certificate-${certificates++}`) }, serviceAccount),
    async revoke(...flags) {
      const { code, stdout, stderr } = await runCommand(t, 'revoke', ...flags, '--data', data, '-o', 'json')
      assert.notEqual(stdout, '', stderr)
      return { ...(JSON.parse(stdout) as RevocationReport), code: code ?? -1 }
    },
    async unrevoke(...flags) {
      const { code, stderr } = await runCommand(t, 'unrevoke', ...flags, '--data', data)
      assert.equal(code, 0, stderr)
    },
    async request(certificate, more = {}) {
      const place = { host: places.server, port: webPort, ...more }
      const connection = await openTls(certificate, place).catch(() => undefined)
      const status = (await connection?.get()) ?? 0
      connection?.end()
      return status
    },
    async talk(certificate) {
      const connection = await openTls(certificate, { host: places.server, port: tcpPort }).catch(() => undefined)
      const answer = (await connection?.say('hello')) ?? ''
      connection?.end()
      return answer
    },
  }
}
