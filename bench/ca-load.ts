/**
 * Certificates a second from the built daemon, as callers see them: 32 kept connections with client certificates, one
 * request in flight on each, each entry of the log on disk before its answer; client and daemon on the same cores.
 * Then the same with a new connection for each certificate. CPU is told apart by thread, and beside what bare
 * cryptography costs here and now, because a machine's clock and its neighbours change between runs.
 * `node bench/ca-load.ts [--seconds 5] [--ca-key P-256] [--profile DIR]`; needs `npm run build`; exit code 1 when a goal
 * is missed.
 */

import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { parseArgs } from 'node:util'
import {
  certificateRequests,
  certifiedTarget,
  type Load,
  loadOnKept,
  loadOnNew,
  startAuthority,
} from './support/certificate-load.ts'
import { type Goal, reportGoals } from './support/goals.ts'
import { formatTable, quantile } from './support/table.ts'
import { openUnaryConnection } from './support/unary-connection.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, 'ca-key': { type: 'string' }, profile: { type: 'string' } },
})
const seconds = Number(values.seconds)
const keptConnections = 32
const newAtOnce = 8
const goals: Readonly<Record<string, number>> = { 'P-256': 2500, 'RSA-2048': 1500 }
const head = ['', 'certificates', 'p50', 'p99', 'daemon CPU each', 'client CPU each', 'RSS']
const reached: Goal[] = []

for (const caKey of Object.keys(goals).filter(key => values['ca-key'] === undefined || values['ca-key'] === key)) {
  const daemon = await startAuthority({ caKey, profile: values.profile })
  const target = await certifiedTarget(daemon)
  const requests = await certificateRequests(keptConnections)
  const connections = await Promise.all(Array.from({ length: keptConnections }, () => openUnaryConnection(target)))
  await loadOnKept(daemon, { connections, requests, seconds: 1.5 })
  process.stdout.write(`${caKey} CA; bare cryptography: ${yardstick(caKey)}\n`)
  const kept = await loadOnKept(daemon, { connections, requests, seconds })
  for (const connection of connections) connection.close()
  const fresh = await loadOnNew(daemon, { target, callers: newAtOnce, requests, seconds })
  process.stdout.write(
    `${formatTable(head, [row('32 kept connections', kept), row('a new connection for each', fresh)])}\n`,
  )
  process.stdout.write(`  kept, by thread: ${threadsOf(kept)}\n\n`)
  await daemon.stop()
  reached.push({
    name: `${caKey}, 32 kept connections`,
    reached: perSecond(kept),
    goal: goals[caKey] ?? 0,
    unit: '/s',
    sense: 'at-least',
  })
}
reportGoals(reached)

function perSecond({ tookMs, elapsedMs }: Load): number {
  return (tookMs.length * 1000) / elapsedMs
}

function row(name: string, load: Load): string[] {
  const { tookMs, daemonCpuMs, clientCpuMs, rssBytes } = load
  const each = (ms: number): string => `${((ms * 1000) / tookMs.length).toFixed(0)} µs`
  const at = (part: number): string => `${quantile(tookMs, part).toFixed(1)} ms`
  return [
    name,
    `${perSecond(load).toFixed(0)}/s`,
    at(0.5),
    at(0.99),
    each(daemonCpuMs),
    each(clientCpuMs),
    `${(rssBytes / 2 ** 20).toFixed(0)} MB`,
  ]
}

function threadsOf({ threadsCpuMs, tookMs }: Load): string {
  return [...threadsCpuMs]
    .map(([name, ms]) => [name, (ms * 1000) / tookMs.length] as const)
    .filter(([, each]) => each >= 1)
    .sort(([, a], [, b]) => b - a)
    .map(([name, each]) => `${name} ${each.toFixed(0)} µs`)
    .join(', ')
}

/** What one thread does in a second, and what one certificate costs of it at least. */
function yardstick(caKey: string): string {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = caKey === 'P-256' ? pair.privateKey : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const message = randomBytes(500)
  const signature = sign('sha256', message, pair.privateKey)
  const verifyMs = averageMs(() => verify('sha256', message, pair.publicKey, signature))
  const signMs = averageMs(() => sign('sha256', message, signer))
  return `verify ${(1 / verifyMs).toFixed(1)}k/s, sign ${(1 / signMs).toFixed(1)}k/s, ${((verifyMs + signMs) * 1000).toFixed(0)} µs a certificate`
}

function averageMs(task: () => unknown): number {
  const rounds = 1000
  for (let i = 0; i < rounds; i += 1) task()
  const before = process.cpuUsage()
  for (let i = 0; i < rounds; i += 1) task()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / rounds
}
