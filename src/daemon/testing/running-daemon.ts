/** A whole daemon in this process, on free ports and in folders of its own. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { resolveServeOptions } from '../../options.ts'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { createDaemon } from '../daemon.ts'
import type { Ports } from '../ports.ts'

export interface RunningDaemon {
  readonly data: string
  readonly config: string
  readonly ports: Ports
  /** Another daemon in the same folders. */
  restart(): Promise<RunningDaemon>
  /** Removes the folders, too. */
  stop(): Promise<void>
}

export interface DaemonVariant {
  /** Options of `serve`, as flags. */
  readonly flags?: Readonly<Record<string, readonly string[]>>
  readonly clock?: Clock
}

export async function runDaemon({ flags = {}, clock = systemClock }: DaemonVariant = {}): Promise<RunningDaemon> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-daemon-'))
  mkdirSync(path.join(folder, 'config'))
  return runIn(folder, { flags, clock })
}

async function runIn(folder: string, variant: Required<DaemonVariant>): Promise<RunningDaemon> {
  const [data, config] = [path.join(folder, 'data'), path.join(folder, 'config')]
  const free = ['127.0.0.1:0']
  const places = { config: [config], data: [data], secureAddress: free, httpAddress: free, managementAddress: free }
  const daemon = createDaemon(resolveServeOptions({ ...places, ...variant.flags }, undefined, {}).values, {
    clock: variant.clock,
    log: silentLog,
    random: Math.random,
  })
  const ports = await daemon.start()
  return {
    data,
    config,
    ports,
    async restart() {
      await daemon.stop()
      return runIn(folder, variant)
    },
    async stop() {
      await daemon.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
