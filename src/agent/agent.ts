/**
 * The node agent, put together:
 *
 *     credential ─▶ identity (certificate, renewed) ─▶ daemon side ──SDS, ADS──▶ Envoy side      status server ─▶ admin
 */

import type { Clock } from '../platform/clock.ts'
import { type Environment, processEnvironment } from '../platform/environment.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { meshwrightVersion } from '../platform/version.ts'
import { type AgentOptions, requireUsable } from './agent-options.ts'
import { createLogWitness } from './attend/log-witness.ts'
import { createTrustKeeper, type TrustKeeper } from './attend/trust-keeper.ts'
import { drainSecondsOf, nodeFor, type WorkloadFacts } from './bootstrap/node.ts'
import { createDaemonAuthority } from './daemon/daemon-authority.ts'
import { startDaemonSide } from './daemon-side.ts'
import { createEnvoyAdmin } from './envoy/admin-client.ts'
import type { EnvoyProcess } from './envoy/envoy-process.ts'
import { findEnvoy, startEnvoySide, writeBootstrap } from './envoy-side.ts'
import { compactHeap, tidyHeap } from './heap.ts'
import { createCredential } from './identity/credential.ts'
import { createMountedIdentity } from './identity/mounted-identity.ts'
import type { WorkloadCertificate } from './identity/workload-certificate.ts'
import { createWorkloadIdentity, type WorkloadIdentity } from './identity/workload-identity.ts'
import { createAgentMetrics } from './metrics.ts'
import type { XdsRelay } from './relay/xds-relay.ts'
import { formatSocketAddress, type SocketAddress } from './socket-address.ts'
import { openStateDirectory, type StateDirectory } from './state/state-directory.ts'
import { createStatusServer } from './status-server.ts'

export interface AgentDependencies {
  readonly clock: Clock
  readonly log: Log
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Default: this process's. */
  readonly environment?: Environment
}

export interface Agent {
  /**
   * Resolves when Envoy runs. Waits for the daemon as long as there is no certificate; everything started is ended when
   * it throws or `signal` is aborted meanwhile.
   */
  start(signal?: AbortSignal): Promise<RunningAgent>
  /** Renews the certificate now, beside the schedule; a failure is logged and changes nothing. */
  renewNow(): void
  /** Passes a signal on to Envoy, for instance SIGUSR1: open the log files anew. */
  signalEnvoy(signal: NodeJS.Signals): void
  /** Drains Envoy, then ends everything. */
  stop(): Promise<void>
}

export interface RunningAgent {
  readonly statusAddress: SocketAddress
  readonly spiffeId: string
}

/** By then Envoy has its configuration, and what the start left behind can go. */
const settledMs = 3_000
/** Often enough that probes and scrapes never make the young heap grow. */
const tidyEveryMs = 30_000

export function createAgent(options: AgentOptions, dependencies: AgentDependencies): Agent {
  return new NodeAgent(options, dependencies)
}

class NodeAgent implements Agent {
  readonly #options: AgentOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #random: () => number
  readonly #environment: Environment
  readonly #metrics: ReturnType<typeof createAgentMetrics>
  /** What has been started, to be ended in reverse. */
  readonly #endings: (() => Promise<void> | void)[] = []
  readonly #starting = new AbortController()
  #identity: WorkloadIdentity | undefined
  #relay: XdsRelay | undefined
  #envoy: EnvoyProcess | undefined
  #started: Promise<RunningAgent> | undefined
  #ending: Promise<void> | undefined

  constructor(options: AgentOptions, { clock, log, random, environment }: AgentDependencies) {
    this.#options = options
    this.#clock = clock
    this.#log = log
    this.#random = random
    this.#environment = environment ?? processEnvironment
    this.#metrics = createAgentMetrics(() => clock.now())
  }

  async start(signal?: AbortSignal): Promise<RunningAgent> {
    requireUsable(this.#options)
    const abort = (): void => this.#starting.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      signal?.throwIfAborted()
      this.#started = this.#start(this.#starting.signal)
      return await this.#started
    } catch (error) {
      await this.#end()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  async #start(signal: AbortSignal): Promise<RunningAgent> {
    const state = await openStateDirectory(this.#options.stateDirectory)
    this.#endings.push(() => state.release())
    const located = await findEnvoy(this.#options, this.#environment)
    const statusAddress = await this.#startStatus()
    const keeper = createTrustKeeper({ file: state.trustFile, log: this.#log })
    await keeper.load()
    const witness = createLogWitness({
      checkpointFile: state.checkpointFile,
      keyFile: state.logKeyFile,
      onComplaint: ({ kind }) => this.#metrics.logAlarms.inc({ kind }),
      log: this.#log,
    })
    await witness.load()
    const identity = this.#createIdentity(state, keeper, certificate => {
      if (keeper.joined(certificate)) witness.forget()
    })
    const certificate = await identity.start(signal)
    this.#endings.push(() => identity.stop())
    requireIdentity(this.#options, certificate)
    const workload = workloadFacts(this.#options, certificate)
    const shared = {
      agent: this.#options,
      state,
      metrics: this.#metrics,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      onEnd: (end: () => Promise<void> | void) => void this.#endings.push(end),
    }
    this.#relay = await startDaemonSide({
      ...shared,
      nodeId: String(nodeFor(workload).id),
      identity,
      keeper,
      witness,
    })
    writeBootstrap(this.#options, { state, workload, status: statusAddress })
    signal.throwIfAborted()
    await startEnvoySide({ ...shared, located, environment: this.#environment }, envoy => {
      this.#envoy = envoy
    })
    this.#keepSmall()
    this.#log.info({ status: formatSocketAddress(statusAddress), envoy: located.version }, 'agent running')
    return { statusAddress, spiffeId: certificate.spiffeId.uri }
  }

  #keepSmall(): void {
    let timer = this.#clock.after(settledMs, () => {
      compactHeap()
      again()
    })
    const again = (): void => {
      timer = this.#clock.after(tidyEveryMs, () => {
        tidyHeap()
        again()
      })
    }
    this.#endings.push(() => timer.cancel())
  }

  renewNow(): void {
    this.#identity?.renew().catch((thrown: unknown) => {
      this.#log.warn({ err: errorFrom(thrown) }, 'certificate not renewed')
    })
  }

  signalEnvoy(signal: NodeJS.Signals): void {
    this.#envoy?.kill(signal)
  }

  async stop(): Promise<void> {
    this.#starting.abort(new Error('the agent is stopping'))
    // What is just being started must be there to be ended; `start` tells its own caller why it failed.
    await this.#started?.catch(() => undefined)
    await this.#end()
  }

  #end(): Promise<void> {
    this.#ending ??= this.#endAll()
    return this.#ending
  }

  async #endAll(): Promise<void> {
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      try {
        await end()
      } catch (thrown) {
        this.#log.error({ err: errorFrom(thrown) }, 'part of the agent not ended')
      }
    }
  }

  async #startStatus(): Promise<SocketAddress> {
    const server = createStatusServer({
      address: this.#options.statusAddress,
      admin: createEnvoyAdmin(this.#options.envoyAdminAddress),
      metrics: this.#metrics,
      obstacles: () => this.#obstacles(),
      // As a supervisor would do it, so that the one way to end is the one that is tested.
      onQuit: () => process.kill(process.pid, 'SIGTERM'),
      log: this.#log,
    })
    const address = await server.start()
    this.#endings.push(() => server.stop())
    return address
  }

  #obstacles(): readonly string[] {
    const certificate = this.#identity?.current
    const reasons: string[] = []
    if (certificate === undefined) reasons.push('there is no certificate yet')
    else if (certificate.notAfterMs <= this.#clock.now()) reasons.push('the certificate has ended')
    if (this.#relay?.isEnvoyConfigured !== true) reasons.push('Envoy has no configuration yet')
    return reasons
  }

  #createIdentity(
    state: StateDirectory,
    keeper: TrustKeeper,
    onJoined: (certificate: WorkloadCertificate) => void,
  ): WorkloadIdentity {
    const { certificateTtlMs, clusterId, credential, keyKind, server, serverName } = this.#options
    const directory = this.#options.certificateDirectory
    if (directory !== undefined) {
      const [clock, log, metrics] = [this.#clock, this.#log, this.#metrics]
      this.#identity = createMountedIdentity({ directory, clock, log, metrics })
      return this.#identity
    }
    this.#identity = createWorkloadIdentity({
      state,
      credential: createCredential(credential, () => this.#clock.now()),
      authority: createDaemonAuthority({ address: server, serverName }),
      keyKind,
      ttlMs: certificateTtlMs,
      clusterId,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      metrics: this.#metrics,
      rootsPem: certificate => keeper.current(certificate).rootsPem,
      onJoined,
    })
    return this.#identity
  }
}

function requireIdentity(options: AgentOptions, { spiffeId }: WorkloadCertificate): void {
  for (const name of ['namespace', 'serviceAccount'] as const) {
    const wanted = options[name]
    if (wanted === undefined || wanted === spiffeId[name]) continue
    throw new MeshwrightError('AGENT_OPTION_INVALID', {
      message: `the ${name === 'namespace' ? 'namespace' : 'service account'} ${JSON.stringify(wanted)} is not that of the certificate, ${spiffeId.uri}`,
      remedy: 'Leave it out, or start the agent with a token for it.',
    })
  }
}

function workloadFacts(options: AgentOptions, { spiffeId }: WorkloadCertificate): WorkloadFacts {
  return {
    namespace: spiffeId.namespace,
    serviceAccount: spiffeId.serviceAccount,
    workloadName: options.workloadName ?? spiffeId.serviceAccount,
    ips: options.ips,
    labels: options.labels,
    interceptionMode: options.interceptionMode,
    clusterId: options.clusterId,
    network: options.network,
    locality: options.locality,
    unprivileged: process.geteuid?.() !== 0,
    agentVersion: meshwrightVersion,
    extraMetadata: options.extraMetadata,
    drainSeconds: drainSecondsOf(options.drainMs),
    healthPort: options.healthAddress?.port,
    prometheusPort: options.prometheusAddress?.port,
  }
}
