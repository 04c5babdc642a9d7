/**
 * What stands between the daemon and Envoy, once there is a certificate:
 *
 *     identity ─┬─▶ secret server ──SDS──▶ Envoy        attend ◀─orders─ daemon link
 *               └─▶ daemon link ◀─▶ relay ──ADS──▶ Envoy
 */

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { meshwrightVersion } from '../platform/version.ts'
import type { AgentOptions } from './agent-options.ts'
import { createAttend } from './attend/attend.ts'
import { createCustodyKeeper } from './attend/custody-keeper.ts'
import type { LogWitness } from './attend/log-witness.ts'
import type { TrustKeeper } from './attend/trust-keeper.ts'
import { createDaemonLink } from './daemon/daemon-link.ts'
import type { WorkloadIdentity } from './identity/workload-identity.ts'
import type { AgentMetrics } from './metrics.ts'
import { createLastGood } from './relay/last-good.ts'
import { createXdsRelay, type XdsRelay } from './relay/xds-relay.ts'
import { createSecretServer } from './sds/secret-server.ts'
import type { StateDirectory } from './state/state-directory.ts'

export interface DaemonSideOptions {
  readonly agent: AgentOptions
  readonly nodeId: string
  readonly state: StateDirectory
  readonly identity: WorkloadIdentity
  readonly keeper: TrustKeeper
  readonly witness: LogWitness
  readonly metrics: AgentMetrics
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
  /** Called for each part as it starts, to be ended in reverse. */
  readonly onEnd: (end: () => Promise<void> | void) => void
}

/** Resolves when Envoy can connect to the sockets of the state directory. */
export async function startDaemonSide(options: DaemonSideOptions): Promise<XdsRelay> {
  const { nodeId, state, identity, keeper, witness, metrics, clock, random, log, onEnd } = options
  const { server, serverName, xdsVariant } = options.agent
  const link = createDaemonLink({ address: server, serverName })
  onEnd(() => link.close())
  const secrets = createSecretServer({
    socketPath: state.sdsSocket,
    clock,
    log,
    onFileFailure: () => metrics.fileSecretFailures.inc(),
  })
  const use = (): void => {
    const certificate = identity.current
    if (certificate === undefined) return
    const trust = keeper.current(certificate)
    link.use({ ...certificate, rootsPem: trust.rootsPem })
    secrets.update(certificate, trust)
  }
  use()
  identity.onRenewed(use)
  await secrets.start()
  onEnd(() => secrets.stop())
  const custody = createCustodyKeeper({
    statementFile: state.custodyFile,
    eventsFile: state.revocationsFile,
    log,
  })
  await custody.load()
  const attend = createAttend({
    nodeId,
    instanceId: Math.floor(random() * 2 ** 48).toString(36),
    version: meshwrightVersion,
    upstream: link,
    keeper,
    witness,
    custody,
    secrets,
    identity,
    applyTrust: use,
    clock,
    random,
    log,
  })
  attend.start()
  onEnd(() => attend.stop())
  const lastGood = createLastGood({ file: state.lastGoodFile, variant: xdsVariant, nodeId, clock, log })
  await lastGood.load()
  onEnd(() => lastGood.save())
  const relay = createXdsRelay({ socketPath: state.xdsSocket, upstream: link, lastGood, clock, random, log, metrics })
  await relay.start()
  onEnd(() => relay.stop())
  return relay
}
