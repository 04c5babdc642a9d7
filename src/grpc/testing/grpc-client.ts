/** grpc-js as the peer: the client that the tests hold the server against. */

import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MetadataValue,
  type StatusObject,
} from '@grpc/grpc-js'

export interface UnaryResult {
  readonly code: number
  readonly details: string
  readonly body: Buffer | undefined
  readonly initial: Readonly<Record<string, MetadataValue>>
}

export type BidiStream = ClientDuplexStream<Buffer, Buffer>

const pass = (bytes: Buffer): Buffer => bytes

export class GrpcClient {
  readonly #client: Client

  constructor(
    target: string,
    channelCredentials: ChannelCredentials = credentials.createInsecure(),
    options: ChannelOptions = {},
  ) {
    this.#client = new Client(target, channelCredentials, {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_receive_message_length': -1,
      ...options,
    })
  }

  /** `headers`: values are text, or bytes for names that end in `-bin`. */
  unary(path: string, body: Uint8Array, { headers = {}, timeoutMs, signal }: UnaryOptions = {}): Promise<UnaryResult> {
    return new Promise(resolve => {
      let answer: Buffer | undefined
      let initial = {}
      const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
      const call = this.#client.makeUnaryRequest(
        path,
        pass,
        pass,
        Buffer.from(body),
        metadataOf(headers),
        options,
        (_error, value) => {
          answer = value
        },
      )
      signal?.addEventListener('abort', () => call.cancel())
      call.on('metadata', (metadata: Metadata) => {
        initial = metadata.getMap()
      })
      call.on('status', ({ code, details }: StatusObject) => {
        // The callback with the value runs just before or after the status.
        setImmediate(() => resolve({ code, details, body: answer, initial }))
      })
    })
  }

  bidi(path: string, { headers = {}, timeoutMs }: UnaryOptions = {}): BidiStream {
    const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
    const stream = this.#client.makeBidiStreamRequest(path, pass, pass, metadataOf(headers), options)
    stream.on('error', () => undefined)
    return stream
  }

  close(): void {
    this.#client.close()
  }
}

export interface UnaryOptions {
  readonly headers?: Readonly<Record<string, MetadataValue | readonly MetadataValue[]>>
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export function statusOf(stream: BidiStream): Promise<StatusObject> {
  return new Promise(resolve => stream.on('status', resolve))
}

function metadataOf(headers: NonNullable<UnaryOptions['headers']>): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) metadata.add(name, one)
  }
  return metadata
}
