/**
 * What it costs to hand ready bytes to many streams: bare node:http2 against our server, plaintext and TLS with client
 * certificates. `node bench/floor.ts [--streams 1000]`. The sizes are those of a proxy that joins a mesh of 1,000 services.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import type { TlsMaterial } from '../src/grpc/server.ts'
import { createTestAuthority } from '../src/grpc/testing/test-authority.ts'
import { type FloorServerOptions, type FloorVariant, floorFrames, floorPath } from './support/floor-server.ts'
import { processUsage } from './support/process-usage.ts'
import { type StreamsOptions, startStreams } from './support/streams.ts'
import { formatTable, quantile } from './support/table.ts'

const { values } = parseArgs({ options: { streams: { type: 'string', default: '1000' } } })
const streams = Number(values.streams)
/** Clusters, endpoints, listeners, routes. */
const messageBytes = [800_000, 300_000, 300_000, 500_000]
const expectedBytes = floorFrames(messageBytes)
  .flat()
  .reduce((sum, piece) => sum + piece.length, 0)

interface Secured {
  readonly server: TlsMaterial
  readonly client: NonNullable<StreamsOptions['tls']>
}

const secured = await createMaterial()
const rows: string[][] = []
for (const tls of [undefined, secured]) {
  for (const variant of ['bare', 'ours'] as const) rows.push(await measure(variant, tls))
}
process.stdout.write(`${streams} streams, ${(expectedBytes / 1e6).toFixed(2)} MB each, Node ${process.version}\n\n`)
const head = ['server', 'CPU/stream', 'RSS/stream', 'peak/stream', 'idle RSS/conn', 'first byte', 'p50', 'last byte']
process.stdout.write(`${formatTable(head, rows)}\n`)

async function measure(variant: FloorVariant, tls: Secured | undefined): Promise<string[]> {
  const options: FloorServerOptions = { variant, messageBytes, ...(tls === undefined ? {} : { tls: tls.server }) }
  const server = fork(new URL('support/floor-server.ts', import.meta.url), [JSON.stringify(options)])
  const [port] = (await once(server, 'message')) as [number]
  const before = processUsage(server.pid ?? 0)
  const clients = await startStreams({
    target: { host: tls === undefined ? '127.0.0.1' : 'localhost', port },
    path: floorPath,
    streams,
    acks: 'delta',
    requests: [{ body: Buffer.from('subscription') }],
    ...(tls === undefined ? {} : { tls: tls.client }),
  })
  const startMs = Date.now()
  await clients.connect()
  const report = await clients.waitFor({ kind: 'bytes', perStream: expectedBytes })
  const after = processUsage(server.pid ?? 0)
  await new Promise(resolve => setTimeout(resolve, 2000))
  const idle = processUsage(server.pid ?? 0)
  await clients.stop()
  server.kill('SIGKILL')
  await once(server, 'exit')
  const perStream = (bytes: number): string => `${(bytes / streams / 1024).toFixed(0)} KB`
  const since = (atMs: number): string => `${((atMs - startMs) / 1000).toFixed(2)} s`
  return [
    `${variant === 'bare' ? 'bare node:http2' : 'src/grpc'}, ${tls === undefined ? 'plaintext' : 'TLS'}`,
    `${((after.cpuMs - before.cpuMs) / streams).toFixed(2)} ms`,
    perStream(after.rssBytes - before.rssBytes),
    perStream(after.peakRssBytes - before.rssBytes),
    perStream(idle.rssBytes - before.rssBytes),
    since(quantile(report.firstByteAtMs, 0)),
    since(quantile(report.lastByteAtMs, 0.5)),
    since(quantile(report.lastByteAtMs, 1)),
  ]
}

async function createMaterial(): Promise<Secured> {
  const authority = await createTestAuthority('bench')
  const own = await authority.leaf({ dns: ['localhost'] })
  const client = await authority.leaf({ uris: ['spiffe://cluster.local/ns/bench/sa/proxy'] })
  return {
    server: { chainPem: own.certPem, keyPem: own.keyPem, trustPem: authority.rootPem },
    client: { rootPem: authority.rootPem, ...client },
  }
}
