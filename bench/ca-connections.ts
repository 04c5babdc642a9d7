/**
 * What mutual TLS connections cost the built daemon: a storm of new ones at once, of which those that find no place come
 * back, each for one certificate; then as many as a large mesh has, idle. `node bench/ca-connections.ts [--storm 1000]
 * [--idle 10000]`; needs `npm run build` and so many file descriptors; exit code 1 when a goal is missed.
 */

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { certificateRequests, startAuthority } from './support/certificate-load.ts'
import { reportGoals } from './support/goals.ts'
import { issueIdentity } from './support/identities.ts'
import { probeWhile } from './support/probe.ts'
import { processUsage } from './support/process-usage.ts'
import type { Storm, StormReport } from './support/storm-thread.ts'
import { quantile } from './support/table.ts'
import { openUnaryConnection, type UnaryConnection, unaryRequest } from './support/unary-connection.ts'

const { values } = parseArgs({
  options: { storm: { type: 'string', default: '1000' }, idle: { type: 'string', default: '10000' } },
})
const [storm, idle] = [Number(values.storm), Number(values.idle)]
const idleOpenedAtOnce = 64

const daemon = await startAuthority({ caKey: 'P-256' })
const identity = await issueIdentity(daemon, { namespace: 'photo', serviceAccount: 'web' })
const { rootPem, certPem, keyPem } = identity
const context = createSecureContext({ ca: rootPem, cert: certPem, key: keyPem })
const target = { port: daemon.ports.secure ?? 0, context }
const [request] = await certificateRequests(1)
if (request === undefined) throw new Error('no request')

const stormBefore = processUsage(daemon.pid)
const stormStartMs = performance.now()
const data: Storm = { port: target.port, tls: identity, request, clients: storm }
const stormed = once(new Worker(new URL('./support/storm-thread.ts', import.meta.url), { workerData: data }), 'message')
const probes = await probeWhile(daemon, stormed)
const [{ tookMs, turnedAway }] = (await stormed) as [StormReport]
const stormAfter = processUsage(daemon.pid)
const seconds = (performance.now() - stormStartMs) / 1000
process.stdout.write(
  `${storm} new connections at once: all have a certificate after ${seconds.toFixed(1)} s (p50 ${(quantile(tookMs, 0.5) / 1000).toFixed(1)} s), turned away ${turnedAway} times
daemon CPU ${((stormAfter.cpuMs - stormBefore.cpuMs) / storm).toFixed(2)} ms each; RSS ${mb(stormBefore.rssBytes)} before, ${mb(stormAfter.peakRssBytes)} at most
probe meanwhile: p50 ${quantile(probes, 0.5).toFixed(1)} ms, p99 ${quantile(probes, 0.99).toFixed(1)} ms\n\n`,
)

// Nobody answers it, but it is a call: a connection without one would be closed.
const nothing = unaryRequest('/bench.Nothing/Call', Buffer.alloc(0))
const connections: UnaryConnection[] = []
const idleBefore = processUsage(daemon.pid)
let next = 0
await Promise.all(
  Array.from({ length: idleOpenedAtOnce }, async () => {
    while (next < idle) {
      // An address has too few ports for many times so many.
      const localAddress = `127.0.1.${1 + (next % 200)}`
      next += 1
      const connection = await openUnaryConnection({ ...target, localAddress })
      await connection.call(nothing)
      connections.push(connection)
      if (connections.length % 1000 === 0) process.stderr.write(`${connections.length} connections are open\n`)
    }
  }),
)
const opened = processUsage(daemon.pid)
await sleep(3000)
const settled = processUsage(daemon.pid)
const kb = (settled.rssBytes - idleBefore.rssBytes) / idle / 1024
process.stdout.write(
  `${idle} idle connections with client certificates: ${kb.toFixed(1)} KB each; RSS ${mb(idleBefore.rssBytes)} before, ${mb(settled.rssBytes)} with them
opening one: ${((opened.cpuMs - idleBefore.cpuMs) / idle).toFixed(2)} ms of CPU; all of them idle for 3 s: ${settled.cpuMs - opened.cpuMs} ms\n\n`,
)
reportGoals([{ name: 'memory of an idle connection', reached: kb, goal: 73, unit: 'KB' }])
for (const connection of connections) connection.close()
await daemon.stop()
process.exit()

function mb(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`
}
