/**
 * Memory of the node agent's process with a real Envoy behind it: after its start, after metrics have been scraped, and
 * after its certificate has been renewed again and again. `node bench/agent-memory.ts [--services 10,1000]`; needs
 * `npm run build` and an Envoy; exit code 1 when a goal is missed.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { spawnBuilt, startBuiltDaemon, stopProcess, temporaryFolder } from './support/built-daemon.ts'
import { reportGoals } from './support/goals.ts'
import { writeMesh } from './support/mesh-files.ts'
import { processUsage } from './support/process-usage.ts'
import { formatTable } from './support/table.ts'

const { values } = parseArgs({ options: { services: { type: 'string', default: '10,1000' } } })
const launcher = fileURLToPath(new URL('../bin/meshwright.cjs', import.meta.url))
const address = '127.0.77.1'
const statusUrl = `http://${address}:15020`
const namespace = 'ns-0'
/** The agent tidies up 3 s after its start. */
const settledMs = 6_000
/** And every 30 s. */
const tidiedMs = 32_000
const readyWithinMs = 60_000
const scrapes = 100
const renewals = 50

interface Sizes {
  readonly started: number
  readonly scraped: number
  readonly renewed: number
}

async function measure(services: number): Promise<Sizes> {
  const folder = mkdtempSync(path.join(temporaryFolder(), 'agent-'))
  const mesh = writeMesh(folder, { services, namespaces: 1 })
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const daemon = await startBuiltDaemon({ config: mesh.folder, data })
  const who = ['--namespace', namespace, '--service-account', 'bench']
  const token = execFileSync(process.execPath, [launcher, 'token', 'create', '--data', data, ...who])
    .toString()
    .trim()
  const agent = spawnBuilt([
    ...['agent', '--server', `127.0.0.1:${daemon.ports.secure}`, '--token', token, '--state', path.join(folder, 'a')],
    ...['--ip', address, '--interception-mode', 'REDIRECT', '--log-level', 'warn', '--drain', '0s'],
    ...['--concurrency', '1', '--status-address', `${address}:15020`, '--envoy-admin-address', `${address}:15000`],
    ...['--health-address', `${address}:15021`, '--prometheus-address', `${address}:15090`],
  ])
  try {
    say(`${services} services: waiting for the agent and its Envoy`)
    const giveUpMs = performance.now() + readyWithinMs
    while (!(await isReady())) {
      if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}`)
      if (performance.now() > giveUpMs) throw new Error(`the agent is not ready after ${readyWithinMs / 1000} s`)
      await sleep(100)
    }
    say(`ready; measured in ${settledMs / 1000} s`)
    const rss = (): number => processUsage(agent.pid ?? 0).rssBytes / 2 ** 20
    await sleep(settledMs)
    const started = rss()
    say(`${started.toFixed(1)} MB; ${scrapes} scrapes`)
    for (let scrape = 0; scrape < scrapes; scrape += 1) {
      await (await fetch(`${statusUrl}/stats/prometheus`)).arrayBuffer()
      await sleep(20)
    }
    const scraped = rss()
    say(`${scraped.toFixed(1)} MB; ${renewals} renewals, and ${tidiedMs / 1000} s to tidy up`)
    for (let renewal = 0; renewal < renewals; renewal += 1) {
      agent.kill('SIGUSR2')
      await sleep(100)
    }
    await sleep(tidiedMs)
    return { started, scraped, renewed: rss() }
  } finally {
    await stopProcess(agent)
    await daemon.stop()
  }
}

/** Two minutes pass before the table. */
function say(what: string): void {
  process.stderr.write(`${what}\n`)
}

async function isReady(): Promise<boolean> {
  return fetch(`${statusUrl}/healthz/ready`).then(
    ({ status }) => status === 200,
    () => false,
  )
}

const counts = values.services.split(',').map(Number)
const rows: string[][] = []
const goals: Parameters<typeof reportGoals>[0][number][] = []
for (const services of counts) {
  const sizes = await measure(services)
  const { started, scraped, renewed } = sizes
  rows.push([`${services} services`, ...[started, scraped, renewed].map(size => `${size.toFixed(1)} MB`)])
  if (services === Math.min(...counts)) {
    goals.push({
      name: 'agent, largest of the three',
      reached: Math.max(started, scraped, renewed),
      goal: 90,
      unit: 'MB',
    })
  }
}
const head = ['mesh', 'started', `${scrapes} scrapes`, `${renewals} renewals`]
process.stdout.write(`RSS of the agent alone, Node ${process.version}\n\n${formatTable(head, rows)}\n\n`)
reportGoals(goals)
