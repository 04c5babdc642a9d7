/**
 * One stream that asks as Envoy does and reads what it gets: clusters, the endpoints that they name, listeners, and the
 * routes, filters and virtual hosts that these name. What it has asked is then what every proxy of its shape asks. It
 * stays connected until it is closed: with its last client a server forgets the pages that it has put together.
 */

import http2 from 'node:http2'
import { loadProtos } from '../../src/platform/protobuf.ts'
import { frameOf } from '../../src/platform/rpc.ts'
import { typeUrls } from '../../src/xds/type-rules.ts'
import { type EnvoyResponse, envoyResponse } from '../../test/push/envoy-response.ts'
import { deltaAck } from './delta-response.ts'
import { adsPath, type ClientTls, type StreamRequest, type StreamsOptions } from './streams.ts'

export interface Scouted {
  /** In order, without nodes. */
  readonly requests: readonly StreamRequest[]
  /** Bytes of each response, in order. */
  readonly responseBytes: readonly number[]
  close(): void
}

const { cluster, endpoint, listener, route, virtualHost, extension } = typeUrls
const requestType = loadProtos(['envoy/service/discovery/v3/discovery.proto']).lookupType(
  'envoy.service.discovery.v3.DeltaDiscoveryRequest',
)

interface Ask {
  readonly typeUrl: string
  readonly afterTypeUrl: string | undefined
  /** `undefined`: nothing to ask for. */
  names(received: ReadonlyMap<string, EnvoyResponse>): readonly string[] | undefined
}

const asks: readonly Ask[] = [
  { typeUrl: cluster, afterTypeUrl: undefined, names: () => [] },
  { typeUrl: endpoint, afterTypeUrl: cluster, names: received => named(received, cluster, 'assignments') },
  { typeUrl: listener, afterTypeUrl: endpoint, names: () => [] },
  { typeUrl: extension, afterTypeUrl: listener, names: received => named(received, listener, 'filters') },
  { typeUrl: route, afterTypeUrl: listener, names: received => named(received, listener, 'routes') },
  {
    typeUrl: virtualHost,
    afterTypeUrl: route,
    names: received =>
      received.get(route)?.resources.some(({ resource }) => resource.followsHosts) === true ? [] : undefined,
  },
]

export async function scout(
  target: StreamsOptions['target'],
  tls: ClientTls | undefined,
  node: Uint8Array,
): Promise<Scouted> {
  const session = http2.connect(`${tls === undefined ? 'http' : 'https'}://${target.host}:${target.port}`, {
    settings: { initialWindowSize: 16 * 1024 * 1024 },
    ...(tls === undefined ? {} : { ca: tls.rootPem, servername: 'localhost', cert: tls.certPem, key: tls.keyPem }),
  })
  const stream = session.request({
    ':method': 'POST',
    ':path': adsPath,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  let ended = ''
  stream.on('trailers', trailers => {
    ended = `status ${trailers['grpc-status']}: ${trailers['grpc-message'] ?? ''}`
  })
  const received = new Map<string, EnvoyResponse>()
  const requests: StreamRequest[] = []
  const responseBytes: number[] = []
  const askAfter = (typeUrl: string | undefined): void => {
    for (const ask of asks.filter(one => one.afterTypeUrl === typeUrl)) {
      const names = ask.names(received)
      if (names === undefined || (names.length === 0 && nameless.has(ask.typeUrl) === false)) continue
      const message = requestType.fromObject({ typeUrl: ask.typeUrl, resourceNamesSubscribe: [...names] })
      const body = requestType.encode(message).finish()
      requests.push({ body, ...(typeUrl === undefined ? {} : { afterTypeUrl: typeUrl }) })
      const head = typeUrl === undefined ? node : Buffer.alloc(0)
      stream.write(Buffer.concat([...frameOf(Buffer.concat([head, body]))]))
    }
  }
  askAfter(undefined)
  const messages = messagesOf(stream, () => ended)
  while (responseBytes.length < requests.length) {
    const { value: message } = await messages.next()
    const response = envoyResponse('delta', message)
    if (received.has(response.typeUrl)) throw new Error(`a second response of ${response.typeUrl}`)
    received.set(response.typeUrl, response)
    responseBytes.push(message.length)
    stream.write(deltaAck(response))
    askAfter(response.typeUrl)
  }
  return { requests, responseBytes, close: () => session.destroy() }
}

const nameless: ReadonlySet<string> = new Set([cluster, listener, virtualHost])

function named(
  received: ReadonlyMap<string, EnvoyResponse>,
  typeUrl: string,
  field: 'assignments' | 'filters' | 'routes',
): readonly string[] {
  const resources = received.get(typeUrl)?.resources ?? []
  return [...new Set(resources.flatMap(({ resource }) => resource[field]))].sort()
}

async function* messagesOf(stream: AsyncIterable<Buffer>, reason: () => string): AsyncGenerator<Buffer, never> {
  let buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    buffer = Buffer.concat([buffer, chunk])
    while (buffer.length >= 5 && buffer.length >= 5 + buffer.readUInt32BE(1)) {
      const end = 5 + buffer.readUInt32BE(1)
      yield buffer.subarray(5, end)
      buffer = buffer.subarray(end)
    }
  }
  throw new Error(`the stream has ended: ${reason()}`)
}
