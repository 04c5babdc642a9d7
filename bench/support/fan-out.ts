/** What many streams cost a server: its CPU time and memory before and after all of them have got everything. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TlsMaterial } from '../../src/grpc/server.ts'
import { type FloorServerOptions, type FloorVariant, floorFrames, floorPath } from './floor-server.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import { type ClientTls, type Streams, type StreamsCondition, type StreamsOptions, startStreams } from './streams.ts'
import { quantile } from './table.ts'

export interface FanOut {
  readonly streams: number
  readonly before: ProcessUsage
  readonly after: ProcessUsage
  /** Two seconds later. */
  readonly idle: ProcessUsage
  /** Since the first connection was begun. */
  readonly firstByteMs: number
  readonly medianLastByteMs: number
  readonly lastByteMs: number
  readonly bytesPerStream: number
}

const idleMs = 2000

/** The streams stay open. */
export async function measureFanOut(
  serverPid: number,
  options: StreamsOptions,
  until: StreamsCondition,
): Promise<{ readonly result: FanOut; readonly streams: Streams }> {
  const before = processUsage(serverPid)
  const streams = await startStreams(options)
  const startMs = performance.timeOrigin + performance.now()
  await streams.connect()
  const report = await streams.waitFor(until)
  const after = processUsage(serverPid)
  await sleep(idleMs)
  const idle = processUsage(serverPid)
  const result: FanOut = {
    streams: options.streams,
    before,
    after,
    idle,
    firstByteMs: quantile(report.firstByteAtMs, 0) - startMs,
    medianLastByteMs: quantile(report.lastByteAtMs, 0.5) - startMs,
    lastByteMs: quantile(report.lastByteAtMs, 1) - startMs,
    bytesPerStream: report.bytes.reduce((sum, bytes) => sum + bytes, 0) / options.streams,
  }
  return { result, streams }
}

export const fanOutHead: readonly string[] = [
  'server',
  'CPU/stream',
  'RSS/stream',
  'peak/stream',
  'idle RSS/stream',
  'first byte',
  'p50',
  'last byte',
  'bytes/stream',
]

export function fanOutRow(name: string, { streams, before, after, idle, ...times }: FanOut): string[] {
  const perStream = (bytes: number): string => `${(bytes / streams / 1024).toFixed(0)} KB`
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
  return [
    name,
    `${cpuPerStreamMs({ before, after, streams }).toFixed(2)} ms`,
    perStream(after.rssBytes - before.rssBytes),
    perStream(after.peakRssBytes - before.rssBytes),
    perStream(idle.rssBytes - before.rssBytes),
    seconds(times.firstByteMs),
    seconds(times.medianLastByteMs),
    seconds(times.lastByteMs),
    perStream(times.bytesPerStream * streams),
  ]
}

export function cpuPerStreamMs({ before, after, streams }: Pick<FanOut, 'before' | 'after' | 'streams'>): number {
  return (after.cpuMs - before.cpuMs) / streams
}

export interface FloorOptions {
  readonly variant: FloorVariant
  readonly streams: number
  readonly messageBytes: readonly number[]
  /** What a client sends before it gets anything. */
  readonly requestBytes: number
  /** The server's material, and what the clients present, stream by stream. */
  readonly tls?: { readonly server: TlsMaterial; readonly clients: readonly ClientTls[] } | undefined
}

/** The same for ready bytes: what cannot be saved. */
export async function measureFloor({
  variant,
  streams,
  messageBytes,
  requestBytes,
  tls,
}: FloorOptions): Promise<FanOut> {
  const options: FloorServerOptions = { variant, messageBytes, ...(tls === undefined ? {} : { tls: tls.server }) }
  const server = fork(new URL('floor-server.ts', import.meta.url), [JSON.stringify(options)])
  const [port] = (await once(server, 'message')) as [number]
  const requests = [{ body: Buffer.alloc(requestBytes) }]
  const expectedBytes = floorFrames(messageBytes)
    .flat()
    .reduce((sum, piece) => sum + piece.length, 0)
  const fanOut = await measureFanOut(
    server.pid ?? 0,
    {
      target: { host: tls === undefined ? '127.0.0.1' : 'localhost', port },
      path: floorPath,
      streams,
      acks: 'delta',
      kinds: tls === undefined ? [{ requests }] : tls.clients.map(client => ({ requests, tls: client })),
    },
    { kind: 'bytes', perStream: expectedBytes },
  )
  await fanOut.streams.stop()
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
  return fanOut.result
}
