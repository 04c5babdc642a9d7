/**
 * A client of unary gRPC calls that costs next to nothing, so that what a bench measures is the server: it writes ready
 * HTTP/2 frames to a TLS socket and reads no more of an answer than where it ends and whether it has a message.
 */

import { once } from 'node:events'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import { frameTypes, http2Frame, preface } from '../../src/grpc/testing/raw-client.ts'
import { frameOf } from '../../src/platform/rpc.ts'

export interface UnaryConnection {
  /**
   * Resolves when the answer has ended. What is under way at once must fit into the server's windows: they are not
   * watched here.
   */
  call(request: UnaryRequest): Promise<UnaryOutcome>
  close(): void
}

/** `answered`: with a message of so many bytes, which a gRPC server sends with success alone. */
export type UnaryOutcome = { readonly kind: 'answered'; readonly bytes: number } | { readonly kind: 'refused' }

export interface UnaryTarget {
  readonly port: number
  /** With what to trust and, where the caller has one, its certificate; made once for many connections. */
  readonly context: SecureContext
  /** Of `127.0.0.0/8`, where one address has too few ports. */
  readonly localAddress?: string
}

/** A call's header fields and message, encoded. */
export interface UnaryRequest {
  readonly path: string
  readonly body: Buffer
}

export function unaryRequest(path: string, message: Uint8Array): UnaryRequest {
  return { path, body: Buffer.concat(frameOf(message)) }
}

/** Rejects when there is no connection, or none that speaks HTTP/2. */
export async function openUnaryConnection({ port, context, localAddress }: UnaryTarget): Promise<UnaryConnection> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    secureContext: context,
    ALPNProtocols: ['h2'],
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  await once(socket, 'secureConnect')
  if (socket.alpnProtocol !== 'h2') throw new Error('the server does not speak HTTP/2')
  socket.setNoDelay(true)
  return new RawConnection(socket)
}

interface Waiting {
  bytes: number
  readonly resolve: (outcome: UnaryOutcome) => void
  readonly reject: (error: Error) => void
}

class RawConnection implements UnaryConnection {
  readonly #socket: TLSSocket
  readonly #waiting = new Map<number, Waiting>()
  #nextStream = 1
  #rest: Buffer = Buffer.alloc(0)
  #indexed: string | undefined

  constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', error => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server has closed the connection')))
    socket.write(Buffer.concat([preface, http2Frame(frameTypes.settings, {}), largestWindow]))
  }

  call({ path, body }: UnaryRequest): Promise<UnaryOutcome> {
    const stream = this.#nextStream
    this.#nextStream += 2
    const headers = { flags: endHeaders, stream, payload: this.#headersFor(path) }
    const data = { flags: endStream, stream, payload: body }
    this.#socket.write(Buffer.concat([http2Frame(frameTypes.headers, headers), http2Frame(frameTypes.data, data)]))
    return new Promise((resolve, reject) => this.#waiting.set(stream, { bytes: 0, resolve, reject }))
  }

  close(): void {
    this.#socket.destroy()
  }

  /** From the second call on the fields are in the table of the connection, as those of usual clients are. */
  #headersFor(path: string): Buffer {
    if (this.#indexed === path) return indexedHeaders
    if (this.#indexed !== undefined) throw new Error('a connection is for one path')
    this.#indexed = path
    return Buffer.concat([
      methodAndScheme,
      indexedLater(4, path),
      indexedLater(1, 'localhost'),
      indexedLater(31, 'application/grpc'),
      indexedLater('te', 'trailers'),
    ])
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (bytes.length - at >= 9) {
      const end = at + 9 + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      this.#frame(bytes, at, end)
      at = end
    }
    this.#rest = bytes.subarray(at)
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const [type, flags, stream] = [bytes[at + 3], bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5)]
    if (type === frameTypes.settings || type === frameTypes.ping) {
      const payload = type === frameTypes.ping ? Buffer.from(bytes.subarray(at + 9, end)) : Buffer.alloc(0)
      if ((flags & acknowledges) === 0) this.#socket.write(http2Frame(type, { flags: acknowledges, payload }))
      return
    }
    const waiting = this.#waiting.get(stream)
    if (waiting === undefined) return
    if (type === frameTypes.data) waiting.bytes += end - at - 9
    if (type === frameTypes.rstStream) {
      this.#waiting.delete(stream)
      waiting.reject(new Error('the server has reset the stream'))
    } else if ((flags & endStream) !== 0 && (type === frameTypes.headers || type === frameTypes.data)) {
      this.#waiting.delete(stream)
      waiting.resolve(waiting.bytes > 0 ? { kind: 'answered', bytes: waiting.bytes } : { kind: 'refused' })
    }
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

const endStream = 0x1
const acknowledges = 0x1
const endHeaders = 0x4

/** WINDOW_UPDATE of the connection to 2 GB: none follows. */
const largestWindow = http2Frame(8, { payload: Buffer.from([0x7f, 0xff, 0, 0]) })

/** `:method: POST` and `:scheme: https` of the static table (RFC 7541, appendix A). */
const methodAndScheme = Buffer.from([0x80 | 3, 0x80 | 7])

/** What `indexedLater` has put there: the newest entry of the dynamic table is 62. */
const indexedHeaders = Buffer.concat([methodAndScheme, Buffer.from([65, 64, 63, 62].map(index => 0x80 | index))])

/** A literal that enters the dynamic table (RFC 7541, 6.2.1); `name` by its static index where it has one. */
function indexedLater(name: number | string, value: string): Buffer {
  const head =
    typeof name === 'number' ? Buffer.from([0x40 | name]) : Buffer.from([0x40, name.length, ...Buffer.from(name)])
  return Buffer.concat([head, Buffer.from([value.length]), Buffer.from(value)])
}
