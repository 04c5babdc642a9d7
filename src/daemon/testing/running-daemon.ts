/** A whole daemon in this process, on free ports and in folders of its own. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { resolveServeOptions } from '../../options.ts'
import { systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { createDaemon } from '../daemon.ts'
import type { Ports } from '../ports.ts'

export interface RunningDaemon {
  readonly data: string
  readonly config: string
  readonly ports: Ports
  /** Removes the folders, too. */
  stop(): Promise<void>
}

export async function runDaemon(): Promise<RunningDaemon> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-daemon-'))
  const [data, config] = [path.join(folder, 'data'), path.join(folder, 'config')]
  mkdirSync(config)
  const free = ['127.0.0.1:0']
  const flags = { config: [config], data: [data], secureAddress: free, httpAddress: free, managementAddress: free }
  const daemon = createDaemon(resolveServeOptions(flags, undefined, {}).values, {
    clock: systemClock,
    log: silentLog,
    random: Math.random,
  })
  const ports = await daemon.start()
  return {
    data,
    config,
    ports,
    async stop() {
      await daemon.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
