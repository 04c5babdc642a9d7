/**
 * Serves the workload's certificate and roots to Envoy on a Unix socket, in both variants, and files by name; what changes
 * is pushed at once.
 */

import { createGrpcServer } from '../../grpc/server.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import { createAdsServer } from '../../xds/ads-server.ts'
import type { TypeStatus } from '../../xds/session-status.ts'
import { createResourceTable } from '../../xds/table.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import type { MeshTrust } from '../attend/mesh-trust.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'
import { localKeepalive } from '../local-keepalive.ts'
import { createFileSecrets } from './file-secrets.ts'
import { certificateSecret, rootsSecret } from './secret-resources.ts'

export interface SecretServer {
  start(): Promise<void>
  /** What is served from now on. */
  update(certificate: WorkloadCertificate, trust: MeshTrust): void
  /** Whether what is served under this name is what Envoy uses. */
  isInForce(name: string): Standing
  /** Called when that may have changed. */
  onStanding(listener: () => void): void
  stop(): Promise<void>
}

/**
 * `yes`: every subscription of Envoy has acknowledged it; `no`: one has not yet; `refused`: one has refused it;
 * `unasked`: there is no subscription.
 */
export type Standing = 'yes' | 'no' | 'refused' | 'unasked'

export interface SecretServerOptions {
  readonly socketPath: string
  readonly clock: Clock
  readonly log: Log
  /** A file that Envoy asks for could not be used. */
  readonly onFileFailure?: () => void
}

export function createSecretServer({ socketPath, clock, log, onFileFailure }: SecretServerOptions): SecretServer {
  const table = createResourceTable(typeUrls.secret)
  const tables = {
    tables: (typeUrl: string) => (typeUrl === typeUrls.secret ? [table] : []),
    onReplaced: () => undefined,
    close: () => undefined,
  }
  // Whoever may open the socket (0600) is this user, who may read the key on disk as well.
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const files = createFileSecrets({
    put(name, resource) {
      table.apply([{ name, resource }])
      ads.flush()
    },
    onFailure: onFileFailure,
    clock,
    log,
  })
  /** The files that Envoy's configuration names, as far as it has asked for them. */
  const followFiles = (): void => {
    files.want([...ads.sessions()].flatMap(({ types }) => types.flatMap(type => type.names)))
  }
  const observer = {
    subscribed: followFiles,
    accepted: tell,
    refused: tell,
    disconnected() {
      followFiles()
      tell()
    },
  }
  const ads = createAdsServer({
    directory: { admit: () => tables },
    log,
    clock,
    observer,
    services: ['secret', 'aggregated'],
  })
  const listen = { kind: 'unix', path: socketPath, mode: 0o600 } as const
  const server = createGrpcServer({ listen, log, clock, keepalive: localKeepalive })
  for (const method of ads.methods) server.register(method)
  return {
    start: async () => void (await server.start()),
    update(certificate, trust) {
      table.apply(
        [certificateSecret(certificate), rootsSecret(trust, certificate.spiffeId.trustDomain)].map(resource => ({
          name: resource.name,
          resource,
        })),
      )
      ads.flush()
    },
    isInForce(name) {
      const due = table.get(name)?.version
      const standings = [...ads.sessions()].flatMap(({ types }) =>
        types.flatMap(type => (isAsked(type, name) ? [standingOf(type, name, due)] : [])),
      )
      if (standings.length === 0) return 'unasked'
      return standings.find(standing => standing !== 'yes') ?? 'yes'
    },
    onStanding: listener => void listeners.add(listener),
    async stop() {
      await server.stop()
      files.stop()
    },
  }
}

function isAsked(type: TypeStatus, name: string): boolean {
  return type.typeUrl === typeUrls.secret && (type.wildcard || type.names.includes(name))
}

function standingOf(type: TypeStatus, name: string, due: string | undefined): Standing {
  if (type.held().get(name) === due) return 'yes'
  return type.isRefused ? 'refused' : 'no'
}
