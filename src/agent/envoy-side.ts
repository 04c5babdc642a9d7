/** The Envoy beside the agent: found, given its bootstrap, run, and drained before it is ended. */

import type { Clock } from '../platform/clock.ts'
import type { Environment } from '../platform/environment.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { writeFileAtomically } from '../platform/files.ts'
import type { Log } from '../platform/log.ts'
import type { LogLevel } from '../platform/log-level.ts'
import type { AgentOptions } from './agent-options.ts'
import { bootstrapFor } from './bootstrap/bootstrap.ts'
import { drainSecondsOf, type WorkloadFacts } from './bootstrap/node.ts'
import { createEnvoyAdmin } from './envoy/admin-client.ts'
import { drainEnvoy } from './envoy/drain.ts'
import type { EnvoyLogLevel } from './envoy/envoy-log.ts'
import { createEnvoyProcess, type EnvoyProcess } from './envoy/envoy-process.ts'
import { defaultEnvoyCache } from './envoy/install.ts'
import { type LocatedEnvoy, locateEnvoy } from './envoy/locate.ts'
import type { AgentMetrics } from './metrics.ts'
import { formatSocketAddress, type SocketAddress } from './socket-address.ts'
import type { StateDirectory } from './state/state-directory.ts'

/** Throws ENVOY_NOT_RUNNABLE. */
export async function findEnvoy(options: AgentOptions, environment: Environment): Promise<LocatedEnvoy> {
  const cacheDirectory = defaultEnvoyCache(environment)
  // An empty variable is one that was not set.
  const envoyPath = options.envoyPath ?? (environment.ENVOY_PATH || undefined)
  const located = await locateEnvoy({ envoyPath, cacheDirectory, environment })
  if (located !== undefined) return located
  throw new MeshwrightError('ENVOY_NOT_RUNNABLE', {
    message: 'there is no Envoy on this machine',
    remedy: 'Run `meshwright envoy install`, or set ENVOY_PATH.',
  })
}

export function writeBootstrap(
  options: AgentOptions,
  { state, workload, status }: { state: StateDirectory; workload: WorkloadFacts; status: SocketAddress },
): void {
  const { envoyAdminAddress, healthAddress, maxDownstreamConnections, prometheusAddress, xdsVariant } = options
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

export interface EnvoySideOptions {
  readonly agent: AgentOptions
  readonly located: LocatedEnvoy
  readonly state: StateDirectory
  readonly environment: Environment
  readonly metrics: AgentMetrics
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
  /** Called for each part as it starts, to be ended in reverse. */
  readonly onEnd: (end: () => Promise<void> | void) => void
}

/** Resolves when Envoy runs. `onMade`: from then on it can be signalled. */
export async function startEnvoySide(options: EnvoySideOptions, onMade: (envoy: EnvoyProcess) => void): Promise<void> {
  const { agent, located, state, environment, metrics, clock, random, log, onEnd } = options
  const { drainMs, envoyAdminAddress, envoyConcurrency, healthAddress, logLevel, prometheusAddress } = agent
  const envoy = createEnvoyProcess({
    binary: located.path,
    bootstrapFile: state.bootstrapFile,
    recordFile: state.envoyRecordFile,
    baseIdFile: state.baseIdFile,
    logLevel: envoyLogLevels[logLevel],
    concurrency: envoyConcurrency,
    drainTimeS: drainSecondsOf(drainMs),
    environment,
    clock,
    random,
    log,
    onRestart: () => metrics.envoyRestarts.inc(),
  })
  onMade(envoy)
  onEnd(() => envoy.stop())
  await envoy.start()
  onEnd(() =>
    drainEnvoy({
      admin: createEnvoyAdmin(envoyAdminAddress),
      limitMs: drainMs,
      ignoredListeners: ['admin', ...[healthAddress, prometheusAddress].map(statName)],
      clock,
      log,
    }),
  )
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
