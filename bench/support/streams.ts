/**
 * Many clients in a process of their own: N connections with one bidirectional stream each, which read and discard what
 * they get and can hold a delta xDS conversation. They say when bytes came and how many.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export const adsPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'

export interface StreamsOptions {
  readonly target: { readonly host: string; readonly port: number }
  readonly path: string
  readonly streams: number
  /** Handshakes that may be under way at once. */
  readonly concurrency?: number
  /** Stream `i` is of kind `i % kinds.length`. */
  readonly kinds: readonly StreamKind[]
  /** By stream: put before the body of its first request. */
  readonly heads?: readonly Uint8Array[]
  /** `delta`: every response is ACKed by its nonce. */
  readonly acks: 'delta' | 'none'
}

export interface StreamKind {
  readonly requests: readonly StreamRequest[]
  /** Absent: plaintext. */
  readonly tls?: ClientTls
}

export interface ClientTls {
  readonly rootPem: string
  /** Presented by each connection when given. */
  readonly certPem?: string
  readonly keyPem?: string
}

export interface StreamRequest {
  /** A message without its prefix. */
  readonly body: Uint8Array
  /** Sent when the first response of this type has come; absent: at once. */
  readonly afterTypeUrl?: string
}

/** For `bytes` and `messages`: each stream has had so much since the last `mark`. `quiet`: no stream got a byte for `ms`. */
export type StreamsCondition =
  | { readonly kind: 'bytes'; readonly perStream: number }
  | { readonly kind: 'messages'; readonly perStream: number }
  | { readonly kind: 'quiet'; readonly ms: number }

export interface StreamsReport {
  /** Since the last `mark`, by stream; times are milliseconds since the epoch, 0 where nothing came. */
  readonly firstByteAtMs: readonly number[]
  readonly lastByteAtMs: readonly number[]
  readonly bytes: readonly number[]
  readonly messages: readonly number[]
  /** Streams that have ended, with why. */
  readonly ended: readonly string[]
}

export interface Streams {
  readonly pid: number
  /** Opens every connection and stream and sends the first requests; resolves when all streams are open. */
  connect(): Promise<void>
  /** Counts and times start again. */
  mark(): Promise<void>
  report(): Promise<StreamsReport>
  /** Resolves with the report when the condition holds; rejects when a stream ends before. */
  waitFor(condition: StreamsCondition): Promise<StreamsReport>
  stop(): Promise<void>
}

export type StreamsCommand =
  | { readonly kind: 'connect'; readonly options: StreamsOptions }
  | { readonly kind: 'mark' }
  | { readonly kind: 'report' }
  | { readonly kind: 'wait'; readonly condition: StreamsCondition }

export type StreamsReply =
  | { readonly kind: 'done'; readonly report: StreamsReport }
  | { readonly kind: 'failed'; readonly reason: string }

export async function startStreams(options: StreamsOptions): Promise<Streams> {
  const child = fork(new URL('streams-process.ts', import.meta.url), { serialization: 'advanced' })
  await once(child, 'spawn')
  const ask = commandsOf(child)
  return {
    pid: child.pid ?? 0,
    connect: async () => void (await ask({ kind: 'connect', options })),
    mark: async () => void (await ask({ kind: 'mark' })),
    report: () => ask({ kind: 'report' }),
    waitFor: condition => ask({ kind: 'wait', condition }),
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** One command at a time; the replies come in order. */
function commandsOf(child: ChildProcess): (command: StreamsCommand) => Promise<StreamsReport> {
  return async command => {
    child.send(command)
    const [reply] = (await once(child, 'message')) as [StreamsReply]
    if (reply.kind === 'failed') throw new Error(reply.reason)
    return reply.report
  }
}
