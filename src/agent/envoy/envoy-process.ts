/**
 * Keeps one Envoy running: starts it, turns what it prints into log events, starts it again when it dies, and ends it
 * after a drain. Envoy has a process group of its own, so that Ctrl-C in a terminal reaches the agent alone, and (where
 * `setpriv` exists) the kernel kills it when the agent dies.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import { createBackoff } from '../backoff.ts'
import { type EnvoyLogLevel, envoyLogArguments, logEnvoyLine } from './envoy-log.ts'
import { endOrphan, recordEnvoy, removeSharedMemory } from './orphan.ts'
import { runCommand } from './run-command.ts'

export interface EnvoyProcessOptions {
  readonly binary: string
  readonly bootstrapFile: string
  readonly recordFile: string
  readonly baseIdFile: string
  readonly logLevel: EnvoyLogLevel
  /** Worker threads; undefined: as many as the machine has cores. */
  readonly concurrency: number | undefined
  readonly drainTimeS: number
  readonly environment: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** Envoy has died and is started again. */
  readonly onRestart?: () => void
}

export interface EnvoyProcess {
  /** Ends the orphan of an earlier run, then starts Envoy. Never rejects for what Envoy does afterwards. */
  start(): Promise<void>
  readonly pid: number | undefined
  /** How often it was started again. */
  readonly restarts: number
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL after two seconds; resolves when it is gone. It is not started again. */
  stop(): Promise<void>
}

/** The first restart comes within 100 ms. */
const firstRestartMs = 80
const longestRestartMs = 10_000
/** Having run this long, it starts afresh with the shortest delay. */
const healthyAfterMs = 10_000
const killAfterMs = 2_000

export function createEnvoyProcess(options: EnvoyProcessOptions): EnvoyProcess {
  const { clock, log } = options
  const backoff = createBackoff({
    firstMs: firstRestartMs,
    longestMs: longestRestartMs,
    jitter: 0.2,
    random: options.random,
  })
  let child: ChildProcess | undefined
  let restartTimer: Timer | undefined
  let launcher: readonly string[] = []
  let stopping = false
  let restarts = 0
  let gone: Promise<void> = Promise.resolve()

  const launch = (): void => {
    const startedMs = clock.monotonicMs()
    const [command = options.binary, ...args] = [...launcher, options.binary, ...envoyArguments(options)]
    const started = spawn(command, args, {
      env: options.environment,
      stdio: ['ignore', 'inherit', 'pipe'],
      detached: true,
    })
    child = started
    createInterface({ input: started.stderr }).on('line', line => logEnvoyLine(log, line))
    if (started.pid !== undefined) {
      log.info({ pid: started.pid, binary: options.binary }, 'Envoy started')
      recordEnvoy(options.recordFile, started.pid)
    }
    gone = new Promise(resolve => {
      const ended = (facts: Record<string, unknown>): void => {
        if (child !== started) return
        child = undefined
        const ranMs = Math.round(clock.monotonicMs() - startedMs)
        removeSharedMemory(options.baseIdFile)
          .catch((error: unknown) => log.warn({ err: error }, 'shared memory of Envoy not removed'))
          .finally(() => {
            resolve()
            if (!stopping) restartAfter(ranMs, facts)
          })
      }
      started.once('error', error => ended({ err: error }))
      started.once('exit', (code, signal) => ended({ code, signal }))
    })
  }

  const restartAfter = (ranMs: number, facts: Record<string, unknown>): void => {
    if (ranMs >= healthyAfterMs) backoff.reset()
    const delayMs = Math.round(backoff.next())
    log.error({ ...facts, ranMs, restartInMs: delayMs }, 'Envoy died')
    restartTimer = clock.after(delayMs, () => {
      restarts += 1
      options.onRestart?.()
      launch()
    })
  }

  return {
    async start() {
      const orphan = await endOrphan(options.recordFile, options.baseIdFile)
      if (orphan !== undefined) log.warn({ pid: orphan }, 'ended the Envoy of an agent that was killed')
      launcher = await deathSignalLauncher(options.environment)
      if (!stopping) launch()
    },
    get pid() {
      return child?.pid
    },
    get restarts() {
      return restarts
    },
    kill: signal => {
      child?.kill(signal)
    },
    async stop() {
      stopping = true
      restartTimer?.cancel()
      if (child === undefined) return
      child.kill('SIGTERM')
      const force = clock.after(killAfterMs, () => child?.kill('SIGKILL'))
      await gone
      force.cancel()
    },
  }
}

function envoyArguments(options: EnvoyProcessOptions): string[] {
  return [
    ...['--config-path', options.bootstrapFile],
    ...['--log-level', options.logLevel, ...envoyLogArguments],
    ...['--drain-time-s', String(options.drainTimeS), '--drain-strategy', 'immediate'],
    ...['--use-dynamic-base-id', '--base-id-path', options.baseIdFile],
    ...(options.concurrency === undefined ? [] : ['--concurrency', String(options.concurrency)]),
  ]
}

/** Empty when this machine's `setpriv` is missing or too old; the record in the state directory then does it alone. */
async function deathSignalLauncher(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const launcher = ['setpriv', '--pdeathsig', 'KILL', '--'] as const
  const [command, ...args] = launcher
  const outcome = await runCommand(command, [...args, 'true'], { environment })
  return outcome.kind === 'exited' && outcome.code === 0 ? launcher : []
}
