/**
 * Many certificate requests in one moment, over 100 kept connections with client certificates, to the built daemon: how
 * many are answered at once and how many told to come back, how long until all have a certificate when they come back as
 * told, how the daemon's memory grows, and how long its other work waits meanwhile (a probe on its HTTP side).
 * `node bench/ca-herd.ts [requests]`; needs `npm run build`; exit code 1 when a goal is missed.
 */

import { mkdirSync } from 'node:fs'
import http2 from 'node:http2'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { certificateRequest, generateKey } from '../src/agent/identity/certificate-request.ts'
import { createCertificatePath } from '../src/ca/service/certificate-messages.ts'
import { requestBody } from '../src/ca/testing/rig.ts'
import { frameOf } from '../src/platform/rpc.ts'
import { type BuiltDaemon, startBuiltDaemon, temporaryFolder } from './support/built-daemon.ts'
import { reportGoals } from './support/goals.ts'
import { issueIdentity } from './support/identities.ts'
import { probeWhile } from './support/probe.ts'
import { processUsage } from './support/process-usage.ts'
import type { ClientTls } from './support/streams.ts'
import { quantile } from './support/table.ts'

const requests = Number(process.argv[2] ?? 10_000)
const connections = 100

const folder = temporaryFolder()
const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
mkdirSync(config)
const daemon = await startBuiltDaemon({ config, data })
const sessions: http2.ClientHttp2Session[] = []
const frames: Buffer[] = []
for (let i = 0; i < connections; i += 1) {
  const identity = await issueIdentity(daemon, { namespace: 'photo', serviceAccount: `web-${i}` })
  sessions.push(await opened(daemon, identity))
  frames.push(await frameFor(i))
  // A connection without a request would be closed after ten seconds.
  const first = await call(i)
  if (first.kind !== 'issued') throw new Error(`a first request failed: ${JSON.stringify(first)}`)
}

const idle = await probeWhile(daemon, sleep(1000))
const before = processUsage(daemon.pid)
const startMs = performance.now()
let told = 0
const firstAnswersMs: number[] = []
const loaded = await probeWhile(
  daemon,
  Promise.all(Array.from({ length: requests }, (_, i) => untilIssued(i % connections))),
)
const tookMs = performance.now() - startMs
const after = processUsage(daemon.pid)

const megabytes = (bytes: number): number => bytes / 2 ** 20
const growth = megabytes(after.peakRssBytes - before.rssBytes)
const at = (tookMs: readonly number[], share: number): string => quantile(tookMs, share).toFixed(1)
process.stdout.write(
  `${requests} requests at once over ${connections} connections: all have a certificate after ${(tookMs / 1000).toFixed(1)} s; told to come back ${told} times
first answer of each: p50 ${at(firstAnswersMs, 0.5)} ms, p99 ${at(firstAnswersMs, 0.99)} ms; daemon CPU ${((after.cpuMs - before.cpuMs) / requests).toFixed(2)} ms each
RSS ${megabytes(before.rssBytes).toFixed(0)} MB before, ${megabytes(after.peakRssBytes).toFixed(0)} MB at most, ${megabytes(after.rssBytes).toFixed(0)} MB after
probe: idle p50 ${at(idle, 0.5)} ms, p99 ${at(idle, 0.99)} ms; meanwhile p50 ${at(loaded, 0.5)} ms, p99 ${at(loaded, 0.99)} ms\n`,
)
reportGoals([{ name: 'growth of memory', reached: growth, goal: 200, unit: 'MB' }])
for (const session of sessions) session.close()
await daemon.stop()

async function frameFor(i: number): Promise<Buffer> {
  const key = await generateKey('ec-p256')
  const csr = certificateRequest(key, `spiffe://cluster.local/ns/photo/sa/web-${i}`)
  return Buffer.concat(frameOf(requestBody({ csr })))
}

function opened({ ports }: BuiltDaemon, tls: Required<ClientTls>): Promise<http2.ClientHttp2Session> {
  const { rootPem: ca, certPem: cert, keyPem: key } = tls
  const session = http2.connect(`https://localhost:${ports.secure}`, { ca, cert, key })
  return new Promise((resolve, reject) => {
    session.once('connect', () => resolve(session))
    session.once('error', reject)
  })
}

async function untilIssued(connection: number): Promise<void> {
  const askedMs = performance.now()
  for (let tries = 0; ; tries += 1) {
    const answer = await call(connection)
    if (tries === 0) firstAnswersMs.push(performance.now() - askedMs)
    if (answer.kind === 'issued') return
    if (answer.retryAfterMs === undefined) throw new Error(`refused: ${answer.status} ${answer.message}`)
    told += 1
    await sleep(answer.retryAfterMs)
  }
}

type Answer =
  | { readonly kind: 'issued' }
  | { readonly kind: 'refused'; readonly status: string; readonly message: string; readonly retryAfterMs?: number }

function call(connection: number): Promise<Answer> {
  const session = sessions[connection]
  const frame = frames[connection]
  if (session === undefined || frame === undefined) throw new Error('no such connection')
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': createCertificatePath,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const judge = (fields: http2.IncomingHttpHeaders): void => {
      const status = fields['grpc-status']
      if (status === undefined) return
      const hint = fields['grpc-retry-pushback-ms']
      if (status === '0') resolve({ kind: 'issued' })
      else {
        const refused = { kind: 'refused', status: String(status), message: String(fields['grpc-message']) } as const
        resolve(hint === undefined ? refused : { ...refused, retryAfterMs: Number(hint) })
      }
    }
    stream.on('response', judge)
    stream.on('trailers', judge)
    stream.on('error', reject)
    stream.resume()
    stream.end(frame)
  })
}
