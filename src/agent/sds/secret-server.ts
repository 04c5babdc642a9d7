/** Serves the workload's certificate and roots to Envoy on a Unix socket, in both variants; a renewal is pushed at once. */

import { createGrpcServer } from '../../grpc/server.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import { createAdsServer } from '../../xds/ads-server.ts'
import { createResourceTable } from '../../xds/table.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'
import { localKeepalive } from '../local-keepalive.ts'
import { certificateSecret, rootsSecret } from './secret-resources.ts'

export interface SecretServer {
  start(): Promise<void>
  /** What is served from now on. */
  update(certificate: WorkloadCertificate): void
  stop(): Promise<void>
}

export interface SecretServerOptions {
  readonly socketPath: string
  readonly clock: Clock
  readonly log: Log
}

export function createSecretServer({ socketPath, clock, log }: SecretServerOptions): SecretServer {
  const table = createResourceTable(typeUrls.secret)
  const tables = {
    tables: (typeUrl: string) => (typeUrl === typeUrls.secret ? [table] : []),
    onReplaced: () => undefined,
    close: () => undefined,
  }
  // Whoever may open the socket (0600) is this user, who may read the key on disk as well.
  const ads = createAdsServer({ directory: { admit: () => tables }, log, clock, services: ['secret', 'aggregated'] })
  const listen = { kind: 'unix', path: socketPath, mode: 0o600 } as const
  const server = createGrpcServer({ listen, log, clock, keepalive: localKeepalive })
  for (const method of ads.methods) server.register(method)
  return {
    start: async () => void (await server.start()),
    update(certificate) {
      table.apply(
        [certificateSecret(certificate), rootsSecret(certificate)].map(resource => ({ name: resource.name, resource })),
      )
      ads.flush()
    },
    stop: () => server.stop(),
  }
}
