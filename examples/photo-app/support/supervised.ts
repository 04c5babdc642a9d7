/** A process that is started again when it dies, as systemd or a kubelet would. Its output goes to a file. */

import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'

export interface Supervised {
  readonly name: string
  readonly logFile: string
  pid(): number
  /** How often it has been started. */
  starts(): number
  /** The process gets the signal and is started again when it ends. */
  kill(signal: NodeJS.Signals): void
  /** Ends it for good: SIGTERM, after `graceMs` SIGKILL. */
  stop(graceMs: number): Promise<void>
}

const restartDelayMs = 200

export interface SupervisedSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
}

export function supervise(spec: SupervisedSpec): Supervised {
  let child: ChildProcess | undefined
  let starts = 0
  let wanted = true
  let ended: Promise<void> = Promise.resolve()
  const log = openSync(spec.logFile, 'a', 0o600)
  const start = (): void => {
    starts++
    const running = spawn(spec.command, spec.args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...spec.env },
    })
    child = running
    ended = new Promise(resolve => {
      running.once('error', () => resolve())
      running.once('exit', () => {
        resolve()
        if (wanted) setTimeout(() => wanted && start(), restartDelayMs)
      })
    })
  }
  start()
  return {
    name: spec.name,
    logFile: spec.logFile,
    pid: () => child?.pid ?? 0,
    starts: () => starts,
    kill: signal => void child?.kill(signal),
    async stop(graceMs) {
      wanted = false
      child?.kill('SIGTERM')
      const timer = setTimeout(() => child?.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(timer)
    },
  }
}
