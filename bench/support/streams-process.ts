/** The process behind `streams.ts`: raw node:http2 clients, so that the clients' cost stays small and equal for all servers. */

import { once } from 'node:events'
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { frameOf } from '../../src/platform/rpc.ts'
import { DeltaResponseScanner, deltaAck } from './delta-response.ts'
import type {
  StreamKind,
  StreamRequest,
  StreamsCommand,
  StreamsCondition,
  StreamsOptions,
  StreamsReply,
  StreamsReport,
} from './streams.ts'

class Client {
  firstByteAtMs = 0
  lastByteAtMs = 0
  bytes = 0
  messages = 0
  ended: string | undefined
  readonly #stream: ClientHttp2Stream
  readonly #waiting: StreamRequest[]

  constructor(session: ClientHttp2Session, index: number, options: StreamsOptions) {
    this.#stream = session.request({
      ':method': 'POST',
      ':path': options.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const scanner = new DeltaResponseScanner(head => {
      this.messages += 1
      if (options.acks === 'delta') this.#stream.write(deltaAck(head))
      this.#sendAfter(head.typeUrl)
    })
    this.#stream.on('data', (chunk: Buffer) => {
      this.lastByteAtMs = performance.timeOrigin + performance.now()
      if (this.bytes === 0) this.firstByteAtMs = this.lastByteAtMs
      this.bytes += chunk.length
      scanner.push(chunk)
    })
    this.#stream.on('trailers', trailers =>
      this.#end(`status ${trailers['grpc-status']}: ${trailers['grpc-message'] ?? ''}`),
    )
    this.#stream.on('error', error => this.#end(error.message))
    this.#stream.on('close', () => this.#end('closed'))
    this.#waiting = [...kindOf(index, options).requests]
    this.#sendAfter(undefined, options.heads?.[index])
  }

  mark(): void {
    this.firstByteAtMs = 0
    this.lastByteAtMs = 0
    this.bytes = 0
    this.messages = 0
  }

  #sendAfter(typeUrl: string | undefined, head: Uint8Array = nothing): void {
    for (const request of this.#waiting.filter(one => one.afterTypeUrl === typeUrl)) {
      this.#waiting.splice(this.#waiting.indexOf(request), 1)
      this.#stream.write(Buffer.concat([...frameOf(Buffer.concat([head, request.body]))]))
    }
  }

  #end(reason: string): void {
    this.ended ??= reason
  }
}

const nothing = new Uint8Array(0)
const clients: Client[] = []

function kindOf(index: number, { kinds }: StreamsOptions): StreamKind {
  const kind = kinds[index % kinds.length]
  if (kind === undefined) throw new Error('no kinds of streams')
  return kind
}

process.on('disconnect', () => process.exit())
process.on('message', (command: StreamsCommand) => {
  run(command).then(
    () => reply({ kind: 'done', report: report() }),
    (error: Error) => reply({ kind: 'failed', reason: error.message }),
  )
})

async function run(command: StreamsCommand): Promise<void> {
  if (command.kind === 'connect') await connectAll(command.options)
  else if (command.kind === 'mark') for (const client of clients) client.mark()
  else if (command.kind === 'wait') await waitFor(command.condition)
}

async function connectAll(options: StreamsOptions): Promise<void> {
  let next = 0
  const connectSome = async (): Promise<void> => {
    while (next < options.streams) {
      const index = next
      next += 1
      clients.push(new Client(await connect(options, kindOf(index, options)), index, options))
    }
  }
  await Promise.all(Array.from({ length: options.concurrency ?? 32 }, connectSome))
}

async function connect({ target }: StreamsOptions, { tls }: StreamKind): Promise<ClientHttp2Session> {
  const session = http2.connect(`${tls === undefined ? 'http' : 'https'}://${target.host}:${target.port}`, {
    // What Envoy offers, so that flow control is no narrower here than with the clients that matter.
    settings: { initialWindowSize: 16 * 1024 * 1024, enablePush: false },
    ...(tls === undefined ? {} : { ca: tls.rootPem, servername: 'localhost', cert: tls.certPem, key: tls.keyPem }),
  })
  session.on('error', () => undefined)
  await once(session, 'connect')
  session.setLocalWindowSize(24 * 1024 * 1024)
  return session
}

async function waitFor(condition: StreamsCondition): Promise<void> {
  while (!holds(condition)) {
    const ended = clients.find(client => client.ended !== undefined)
    if (ended !== undefined) throw new Error(`a stream has ended: ${ended.ended}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

function holds(condition: StreamsCondition): boolean {
  if (condition.kind === 'bytes') return clients.every(client => client.bytes >= condition.perStream)
  if (condition.kind === 'messages') return clients.every(client => client.messages >= condition.perStream)
  const quietSinceMs = performance.timeOrigin + performance.now() - condition.ms
  return clients.every(client => client.lastByteAtMs < quietSinceMs)
}

function report(): StreamsReport {
  return {
    firstByteAtMs: clients.map(client => client.firstByteAtMs),
    lastByteAtMs: clients.map(client => client.lastByteAtMs),
    bytes: clients.map(client => client.bytes),
    messages: clients.map(client => client.messages),
    ended: clients.flatMap(client => client.ended ?? []),
  }
}

function reply(message: StreamsReply): void {
  process.send?.(message)
}
