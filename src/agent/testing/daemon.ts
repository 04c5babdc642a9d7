/** A daemon for the agent's tests: a certificate authority and an xDS server over tables, on one TLS port. */

import { createHash, X509Certificate } from 'node:crypto'
import { createGrpcServer, type GrpcServer } from '../../grpc/server.ts'
import { systemClock } from '../../platform/clock.ts'
import { encodedResource, lengthDelimited } from '../../platform/encoded-resource.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { formatJoinTokenClaims } from '../../platform/join-token.ts'
import { silentLog } from '../../platform/log.ts'
import type { PeerIdentity, UnaryCall } from '../../platform/rpc.ts'
import { spiffeIdOf } from '../../platform/spiffe.ts'
import { type AdsServer, createAdsServer } from '../../xds/ads-server.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import { createResourceTable } from '../../xds/table.ts'
import { textField } from '../wire-fields.ts'
import { createTestAuthority, type TestAuthority } from './authority.ts'

export interface DaemonOnTls {
  readonly port: number
  readonly authority: TestAuthority
  /** A token for the service account in the namespace `photo`. */
  token(serviceAccount: string): string
  /** Content undefined: removed. */
  put(typeUrl: string, name: string, content: Uint8Array | undefined): void
  /** URI and serial number of each client that has asked for a certificate with one, or opened a stream. */
  readonly peers: PeerIdentity[]
  readonly signed: number
  readonly ads: AdsServer
  stop(): Promise<void>
  /** On the port that it had, with the tables that it has. */
  restart(): Promise<void>
}

export const testServerName = 'istiod.istio-system.svc'
const createCertificatePath = '/istio.v1.auth.IstioCertificateService/CreateCertificate'

export async function startDaemonOnTls(): Promise<DaemonOnTls> {
  const authority = await createTestAuthority('mesh')
  const { keyPem, certPem } = await authority.server(testServerName)
  const tables = new Map<string, ResourceTable>()
  const peers: PeerIdentity[] = []
  let signed = 0
  let port = 0
  let server: GrpcServer
  let ads: AdsServer

  const table = (typeUrl: string): ResourceTable => {
    const found = tables.get(typeUrl) ?? createResourceTable(typeUrl)
    tables.set(typeUrl, found)
    return found
  }
  const tableSet = {
    tables: (typeUrl: string) => [table(typeUrl)],
    onReplaced: () => undefined,
    close: () => undefined,
  }

  const sign = async (call: UnaryCall): Promise<{ body: Uint8Array }> => {
    peers.push(call.peer)
    if (call.peer.certificate === undefined && call.metadata.authorization === undefined) {
      throw new MeshwrightError('AGENT_NO_CREDENTIAL', { message: 'no credential' })
    }
    const chain = await authority.sign(textField(call.body, 1))
    signed += 1
    return { body: Buffer.concat([chain, authority.rootPem].map(pem => lengthDelimited(1, Buffer.from(pem)))) }
  }

  const start = async (): Promise<void> => {
    const admit = (_node: unknown, peer: PeerIdentity) => {
      peers.push(peer)
      return tableSet
    }
    ads = createAdsServer({ directory: { admit }, log: silentLog, clock: systemClock })
    server = createGrpcServer({
      listen: { kind: 'tcp', host: '127.0.0.1', port },
      tls: { chainPem: certPem + authority.rootPem, keyPem, trustPem: authority.rootPem },
      log: silentLog,
      clock: systemClock,
    })
    for (const method of ads.methods) server.register(method)
    server.register({ kind: 'unary', path: createCertificatePath, handle: sign })
    const bound = await server.start()
    if ('port' in bound) port = bound.port
  }
  await start()

  return {
    get port() {
      return port
    },
    authority,
    peers,
    get signed() {
      return signed
    },
    get ads() {
      return ads
    },
    token(serviceAccount) {
      const identity = spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'photo', serviceAccount })
      const fingerprint = createHash('sha256').update(new X509Certificate(authority.rootPem).raw).digest('hex')
      const expiresAtMs = systemClock.now() + 3_600_000
      const claims = { id: 't1', identity, expiresAtMs, rootFingerprints: [fingerprint] }
      return `${formatJoinTokenClaims(claims)}.c2ln`
    },
    put(typeUrl, name, content) {
      table(typeUrl).apply([
        { name, resource: content === undefined ? undefined : encodedResource(typeUrl, name, content) },
      ])
      ads.flush()
    },
    stop: () => server.stop(),
    restart: start,
  }
}
