/** Ways to reach a server that a well-behaved gRPC client never takes. */

import { once } from 'node:events'
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import net, { type Socket } from 'node:net'

export interface RawAnswer {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: Buffer
  /** The code that the stream was closed with. */
  readonly code: number
}

export async function connectHttp2(
  port: number,
  options: http2.ClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = http2.connect(`http://127.0.0.1:${port}`, options)
  session.on('error', () => undefined)
  await once(session, 'connect')
  return session
}

export function grpcHeaders(path: string, more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  return { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...more }
}

/** Sends `headers` and `body` and ends the request, or leaves it open; resolves when the stream has closed. */
export function request(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: { readonly bytes: Uint8Array; readonly after: 'end' | 'stay-open' } = { bytes: Buffer.alloc(0), after: 'end' },
): Promise<RawAnswer> {
  const stream = session.request(headers)
  if (body.bytes.length > 0) stream.write(body.bytes)
  if (body.after === 'end') stream.end()
  return answerOf(stream)
}

export function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  return new Promise(resolve => {
    let headers: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    const chunks: Buffer[] = []
    stream.on('response', fields => {
      headers = fields
      // A response of trailers only has its status among the header fields.
      trailers = fields
    })
    stream.on('trailers', fields => {
      trailers = fields
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => undefined)
    stream.on('close', () => resolve({ headers, trailers, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 }))
  })
}

/** A TCP connection that says exactly what it is told to; what the server answers is collected. */
export class RawSocket {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  readonly #received: Buffer[] = []

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.on('data', chunk => this.#received.push(chunk))
    this.closed = new Promise(resolve => this.socket.once('close', resolve))
  }

  get received(): Buffer {
    return Buffer.concat(this.#received)
  }

  write(...parts: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(parts))
  }
}

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const frameTypes = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const

export function http2Frame(
  type: number,
  { flags = 0, stream = 0, payload = Buffer.alloc(0) }: { flags?: number; stream?: number; payload?: Buffer },
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Literal header fields without indexing and without Huffman coding (RFC 7541, 6.2.2). */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of Object.entries(fields)) {
    parts.push(Buffer.from([0]), hpackString(name), hpackString(value))
  }
  return Buffer.concat(parts)
}

function hpackString(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let rest = bytes.length - 127
  while (rest >= 128) {
    length.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}
