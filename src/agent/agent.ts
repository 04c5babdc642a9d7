/**
 * The node agent, put together:
 *
 *     credential ─▶ identity (certificate, renewed) ─┬─▶ secret server ──SDS──▶ Envoy ◀─ bootstrap, envoy-process
 *                                                    └─▶ daemon link ◀─▶ relay ──ADS──┘      status server ─▶ admin
 */

import type { Clock } from '../platform/clock.ts'
import { type Environment, processEnvironment } from '../platform/environment.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import { writeFileAtomically } from '../platform/files.ts'
import type { Log, LogLevel } from '../platform/log.ts'
import { meshwrightVersion } from '../platform/version.ts'
import { type AgentOptions, requireUsable } from './agent-options.ts'
import { createAttend } from './attend/attend.ts'
import { createCheckpointKeeper } from './attend/checkpoint-keeper.ts'
import { createCustodyKeeper } from './attend/custody-keeper.ts'
import { createTrustKeeper, type TrustKeeper } from './attend/trust-keeper.ts'
import { bootstrapFor } from './bootstrap/bootstrap.ts'
import { nodeFor, type WorkloadFacts } from './bootstrap/node.ts'
import { createDaemonAuthority } from './daemon/daemon-authority.ts'
import { createDaemonLink } from './daemon/daemon-link.ts'
import { createEnvoyAdmin } from './envoy/admin-client.ts'
import { drainEnvoy } from './envoy/drain.ts'
import type { EnvoyLogLevel } from './envoy/envoy-log.ts'
import { createEnvoyProcess, type EnvoyProcess } from './envoy/envoy-process.ts'
import { defaultEnvoyCache } from './envoy/install.ts'
import { type LocatedEnvoy, locateEnvoy } from './envoy/locate.ts'
import { compactHeap, tidyHeap } from './heap.ts'
import { createCredential } from './identity/credential.ts'
import { createMountedIdentity } from './identity/mounted-identity.ts'
import type { WorkloadCertificate } from './identity/workload-certificate.ts'
import { createWorkloadIdentity, type WorkloadIdentity } from './identity/workload-identity.ts'
import { createAgentMetrics } from './metrics.ts'
import { createLastGood, type LastGood } from './relay/last-good.ts'
import { createXdsRelay, type XdsRelay } from './relay/xds-relay.ts'
import { createSecretServer } from './sds/secret-server.ts'
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
    const envoy = await this.#locateEnvoy()
    const statusAddress = await this.#startStatus()
    const keeper = createTrustKeeper({ file: state.trustFile, log: this.#log })
    await keeper.load()
    const identity = this.#createIdentity(state, keeper)
    const certificate = await identity.start(signal)
    this.#endings.push(() => identity.stop())
    requireIdentity(this.#options, certificate)
    const workload = workloadFacts(this.#options, certificate)
    await this.#startServers(state, { identity, keeper }, nodeFor(workload))
    this.#writeBootstrap(state, workload, statusAddress)
    signal.throwIfAborted()
    await this.#startEnvoy(state, envoy)
    this.#keepSmall()
    this.#log.info({ status: formatSocketAddress(statusAddress), envoy: envoy.version }, 'agent running')
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

  async #locateEnvoy(): Promise<LocatedEnvoy> {
    const cacheDirectory = defaultEnvoyCache(this.#environment)
    // An empty variable is one that was not set.
    const envoyPath = this.#options.envoyPath ?? (this.#environment.ENVOY_PATH || undefined)
    const located = await locateEnvoy({ envoyPath, cacheDirectory, environment: this.#environment })
    if (located !== undefined) return located
    throw new MeshwrightError('ENVOY_NOT_RUNNABLE', {
      message: 'there is no Envoy on this machine',
      remedy: 'Run `meshwright envoy install`, or set ENVOY_PATH.',
    })
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

  #createIdentity(state: StateDirectory, keeper: TrustKeeper): WorkloadIdentity {
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
    })
    return this.#identity
  }

  async #startServers(
    state: StateDirectory,
    { identity, keeper }: { readonly identity: WorkloadIdentity; readonly keeper: TrustKeeper },
    node: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { server, serverName } = this.#options
    const link = createDaemonLink({ address: server, serverName })
    this.#endings.push(() => link.close())
    const secrets = createSecretServer({
      socketPath: state.sdsSocket,
      clock: this.#clock,
      log: this.#log,
      onFileFailure: () => this.#metrics.fileSecretFailures.inc(),
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
    this.#endings.push(() => secrets.stop())
    const checkpoints = createCheckpointKeeper({ file: state.checkpointFile, log: this.#log })
    await checkpoints.load()
    const custody = createCustodyKeeper({
      statementFile: state.custodyFile,
      eventsFile: state.revocationsFile,
      log: this.#log,
    })
    await custody.load()
    const attend = createAttend({
      nodeId: String(node.id),
      instanceId: Math.floor(this.#random() * 2 ** 48).toString(36),
      version: meshwrightVersion,
      upstream: link,
      keeper,
      checkpoints,
      custody,
      secrets,
      identity,
      applyTrust: use,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
    })
    attend.start()
    this.#endings.push(() => attend.stop())

    const lastGood = await this.#loadLastGood(state, String(node.id))
    this.#endings.push(() => lastGood.save())
    const relay = createXdsRelay({
      socketPath: state.xdsSocket,
      upstream: link,
      lastGood,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      metrics: this.#metrics,
    })
    await relay.start()
    this.#relay = relay
    this.#endings.push(() => relay.stop())
  }

  async #loadLastGood(state: StateDirectory, nodeId: string): Promise<LastGood> {
    const variant = this.#options.xdsVariant
    const lastGood = createLastGood({ file: state.lastGoodFile, variant, nodeId, clock: this.#clock, log: this.#log })
    await lastGood.load()
    return lastGood
  }

  #writeBootstrap(state: StateDirectory, workload: WorkloadFacts, status: SocketAddress): void {
    const { envoyAdminAddress, healthAddress, maxDownstreamConnections, prometheusAddress, xdsVariant } = this.#options
    const bootstrap = bootstrapFor({
      workload,
      xdsVariant,
      xdsSocket: state.xdsSocket,
      sdsSocket: state.sdsSocket,
      admin: envoyAdminAddress,
      status,
      health: healthAddress,
      prometheus: prometheusAddress,
      maxDownstreamConnections,
    })
    writeFileAtomically(state.bootstrapFile, `${JSON.stringify(bootstrap, undefined, 2)}\n`, 0o600)
  }

  async #startEnvoy(state: StateDirectory, located: LocatedEnvoy): Promise<void> {
    const { drainMs, envoyAdminAddress, envoyConcurrency, healthAddress, logLevel, prometheusAddress } = this.#options
    const envoy = createEnvoyProcess({
      binary: located.path,
      bootstrapFile: state.bootstrapFile,
      recordFile: state.envoyRecordFile,
      baseIdFile: state.baseIdFile,
      logLevel: envoyLogLevels[logLevel],
      concurrency: envoyConcurrency,
      drainTimeS: drainSecondsOf(this.#options),
      environment: this.#environment,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      onRestart: () => this.#metrics.envoyRestarts.inc(),
    })
    this.#envoy = envoy
    this.#endings.push(() => envoy.stop())
    await envoy.start()
    this.#endings.push(() =>
      drainEnvoy({
        admin: createEnvoyAdmin(envoyAdminAddress),
        limitMs: drainMs,
        ignoredListeners: ['admin', ...[healthAddress, prometheusAddress].map(statName)],
        clock: this.#clock,
        log: this.#log,
      }),
    )
  }
}

/** Envoy is chattier than the agent. */
const envoyLogLevels: Readonly<Record<LogLevel, EnvoyLogLevel>> = {
  trace: 'debug',
  debug: 'info',
  info: 'warning',
  warn: 'warning',
  error: 'error',
  silent: 'off',
}

/** How Envoy writes an address in the names of its statistics. */
function statName(address: SocketAddress | undefined): string {
  return address === undefined ? '' : formatSocketAddress(address).replaceAll(':', '_')
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

/** Envoy takes whole seconds, and at least one. */
function drainSecondsOf({ drainMs }: AgentOptions): number {
  return Math.max(1, Math.ceil(drainMs / 1000))
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
    drainSeconds: drainSecondsOf(options),
    healthPort: options.healthAddress?.port,
    prometheusPort: options.prometheusAddress?.port,
  }
}
