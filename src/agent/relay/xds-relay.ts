/** Envoy's xDS server on a Unix socket: passes every stream on to the daemon, and stands in for it while it is away. */

import { createGrpcServer } from '../../grpc/server.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { RpcMethod } from '../../platform/rpc.ts'
import type { XdsVariant } from '../../xds/table-set.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import { localKeepalive } from '../local-keepalive.ts'
import type { AgentMetrics } from '../metrics.ts'
import { createDeltaLedger } from './delta-ledger.ts'
import type { LastGood } from './last-good.ts'
import { createRelaySession, type RelaySession } from './relay-session.ts'
import { createSotwLedger } from './sotw-ledger.ts'
import type { Upstream } from './upstream.ts'

export interface XdsRelayOptions {
  readonly socketPath: string
  readonly upstream: Upstream
  readonly lastGood: LastGood
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly metrics: AgentMetrics
}

export interface XdsRelay {
  start(): Promise<void>
  /** Envoy is connected and has accepted clusters and listeners, from the daemon or from the disk. */
  readonly isEnvoyConfigured: boolean
  readonly isConnectedToDaemon: boolean
  stop(): Promise<void>
}

export function createXdsRelay(options: XdsRelayOptions): XdsRelay {
  const sessions = new Set<RelaySession>()
  const listen = { kind: 'unix', path: options.socketPath, mode: 0o600 } as const
  const { clock, log } = options
  const server = createGrpcServer({ listen, clock, log, keepalive: localKeepalive })
  for (const variant of ['delta', 'sotw'] as const) server.register(relayMethod(variant, options, sessions))
  return {
    start: async () => void (await server.start()),
    get isEnvoyConfigured() {
      return [...sessions].some(({ ledger }) => requiredTypes.every(typeUrl => ledger.hasAccepted(typeUrl)))
    },
    get isConnectedToDaemon() {
      return [...sessions].some(session => session.isConnected)
    },
    async stop() {
      await server.stop()
      for (const session of sessions) session.close()
    },
  }
}

/** The method that relays one variant; `sessions` holds its open streams. */
export function relayMethod(
  variant: XdsVariant,
  options: Omit<XdsRelayOptions, 'socketPath'>,
  sessions: Set<RelaySession>,
): Extract<RpcMethod, { kind: 'duplex' }> {
  const path = paths[variant]
  return {
    kind: 'duplex',
    path,
    handle(stream) {
      const ledger = variant === 'delta' ? createDeltaLedger(options.lastGood) : createSotwLedger(options.lastGood)
      const session = createRelaySession(stream, {
        ...options,
        path,
        ledger,
        onClose: () => sessions.delete(session),
      })
      sessions.add(session)
    },
  }
}

const requiredTypes = [typeUrls.cluster, typeUrls.listener]

const paths = {
  delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  sotw: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
} as const
