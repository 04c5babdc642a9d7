/**
 * From the start of the daemon's process to the first 200 of `/ready`, and its memory when it then idles: with an empty
 * mesh, and with 1,000 services in as many files. `node bench/start.ts [--rounds 5] [--services 1000] [--profile FOLDER]`;
 * needs `npm run build`; exit code 1 when a goal is missed.
 */

import { mkdirSync, mkdtempSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startBuiltDaemon, temporaryFolder } from './support/built-daemon.ts'
import { reportGoals } from './support/goals.ts'
import { writeMesh } from './support/mesh-files.ts'
import { type ProcessUsage, processUsage } from './support/process-usage.ts'
import { formatTable, quantile } from './support/table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    services: { type: 'string', default: '1000' },
    profile: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const idleMs = 5000

interface Start {
  readonly readyMs: number
  readonly ready: ProcessUsage
  readonly idle: ProcessUsage
}

async function measure(services: number): Promise<Start> {
  const folder = mkdtempSync(path.join(temporaryFolder(), 'start-'))
  const mesh = writeMesh(folder, { services, namespaces: 4 })
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const daemon = await startBuiltDaemon({ config: mesh.folder, data, profile: values.profile })
  const ready = processUsage(daemon.pid)
  await sleep(idleMs)
  const idle = processUsage(daemon.pid)
  await daemon.stop()
  return { readyMs: daemon.readyAfterMs, ready, idle }
}

async function repeat(services: number): Promise<Start> {
  const starts: Start[] = []
  for (let round = 0; round < rounds; round += 1) starts.push(await measure(services))
  const median = (pick: (start: Start) => number): number => quantile(starts.map(pick), 0.5)
  const usage = (pick: (start: Start) => ProcessUsage): ProcessUsage => ({
    cpuMs: median(start => pick(start).cpuMs),
    rssBytes: median(start => pick(start).rssBytes),
    peakRssBytes: median(start => pick(start).peakRssBytes),
  })
  return {
    readyMs: median(start => start.readyMs),
    ready: usage(start => start.ready),
    idle: usage(start => start.idle),
  }
}

const megabytes = (bytes: number): number => bytes / 2 ** 20
const row = (name: string, { readyMs, ready, idle }: Start): string[] => [
  name,
  `${readyMs.toFixed(0)} ms`,
  `${ready.cpuMs.toFixed(0)} ms`,
  `${megabytes(ready.rssBytes).toFixed(0)} MB`,
  `${megabytes(idle.rssBytes).toFixed(0)} MB`,
]

const empty = await repeat(0)
const full = await repeat(Number(values.services))
const head = ['mesh', 'ready', 'CPU', 'RSS ready', `RSS after ${idleMs / 1000} s`]
process.stdout.write(`medians of ${rounds}, Node ${process.version}\n\n`)
process.stdout.write(`${formatTable(head, [row('empty', empty), row(`${values.services} services`, full)])}\n\n`)
reportGoals([
  { name: 'ready with an empty mesh', reached: empty.readyMs, goal: 1000, unit: 'ms' },
  { name: `ready with ${values.services} services`, reached: full.readyMs, goal: 3000, unit: 'ms' },
  { name: 'idle with an empty mesh', reached: megabytes(empty.idle.rssBytes), goal: 150, unit: 'MB' },
])
