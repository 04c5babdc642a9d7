/**
 * One TLS connection to the daemon, with or without a client certificate. Calls carry bytes: nothing here knows a
 * message. Made by grpc-js; the connection is opened by the first call.
 */

import { createSecureContext } from 'node:tls'
import * as grpc from '@grpc/grpc-js'
import { systemClock } from '../../platform/clock.ts'
import type { GrpcCode } from '../../platform/error-codes.ts'
import { formatSocketAddress, type SocketAddress } from '../socket-address.ts'

export interface DaemonEndpoint {
  readonly address: SocketAddress
  /** The DNS name that the daemon's certificate must hold. */
  readonly serverName: string
}

export interface ClientIdentity {
  readonly keyPem: string
  readonly chainPem: string
}

export interface CallStatus {
  readonly code: GrpcCode | 'OK'
  readonly message: string
  /** Not before that long, says the daemon. */
  readonly retryAfterMs?: number
}

export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly status: CallStatus

  constructor(status: CallStatus) {
    super(`${status.code}: ${status.message}`)
    this.status = status
  }
}

export interface StreamHandlers {
  onMessage(body: Buffer): void
  /** Once, also when the stream never came to be. */
  onClose(status: CallStatus): void
}

export interface ClientStream {
  send(body: Uint8Array): void
  /** Stops reading, so that HTTP/2 slows the daemon down. */
  pause(): void
  resume(): void
  /** No handler is called any more. Once, and not after `onClose`. */
  cancel(): void
}

export interface DaemonClient {
  /** Rejects with `CallFailed`. */
  unary(path: string, body: Uint8Array, options: UnaryOptions): Promise<Buffer>
  stream(path: string, handlers: StreamHandlers): ClientStream
  /** The connection closes when its last call has ended. */
  close(): void
}

export interface UnaryOptions {
  readonly metadata: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Called with what the daemon says beside its answer, before the answer; lower-case names. */
  readonly onMetadata?: (metadata: ReadonlyMap<string, string>) => void
}

export function createDaemonClient(
  endpoint: DaemonEndpoint,
  rootsPem: string,
  identity: ClientIdentity | undefined,
): DaemonClient {
  const context = createSecureContext({
    ca: rootsPem,
    // What is pinned may be the key of a root that an older root vouches for (first-contact.ts).
    allowPartialTrustChain: true,
    minVersion: 'TLSv1.3',
    ...(identity === undefined ? {} : { key: identity.keyPem, cert: identity.chainPem }),
  })
  const client = new grpc.Client(
    formatSocketAddress(endpoint.address),
    grpc.credentials.createFromSecureContext(context),
    {
      'grpc.ssl_target_name_override': endpoint.serverName,
      'grpc.default_authority': endpoint.serverName,
      // A daemon whose machine vanished says nothing: ask.
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.max_receive_message_length': -1,
      // Each client is a connection of its own, so that a new certificate never rides on an old connection.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_http_proxy': 0,
    },
  )
  return {
    unary(path, body, options) {
      const metadata = new grpc.Metadata()
      for (const [key, value] of Object.entries(options.metadata)) metadata.set(key, value)
      return new Promise((resolve, reject) => {
        const deadline = { deadline: new Date(systemClock.now() + options.timeoutMs) }
        const call = client.makeUnaryRequest(path, toBuffer, asIs, body, metadata, deadline, (error, answer) => {
          if (error !== null) reject(new CallFailed(statusOf(error)))
          else resolve(answer ?? Buffer.alloc(0))
        })
        call.on('metadata', (received: grpc.Metadata) => options.onMetadata?.(textsIn(received)))
      })
    },
    stream(path, handlers) {
      const call = client.makeBidiStreamRequest(path, toBuffer, asIs)
      let over = false
      call.on('data', (body: Buffer) => {
        if (!over) handlers.onMessage(body)
      })
      // The status event carries the same; without a listener the error would be thrown.
      call.on('error', () => undefined)
      call.on('status', status => {
        if (over) return
        over = true
        handlers.onClose(statusOf(status))
      })
      return {
        send: body => {
          if (!over) call.write(body)
        },
        pause: () => void call.pause(),
        resume: () => void call.resume(),
        cancel: () => {
          over = true
          call.cancel()
        },
      }
    },
    close: () => client.close(),
  }
}

const toBuffer = (body: Uint8Array): Buffer => Buffer.from(body.buffer, body.byteOffset, body.byteLength)
const asIs = (body: Buffer): Buffer => body

function textsIn(metadata: grpc.Metadata): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const [name, value] of Object.entries(metadata.getMap())) if (typeof value === 'string') texts.set(name, value)
  return texts
}

function statusOf(status: { code: grpc.status; details: string; metadata?: grpc.Metadata }): CallStatus {
  // grpc-js names its codes as the wire's specification does; DATA_LOSS and OUT_OF_RANGE are none that we act on.
  const name = grpc.status[status.code] as GrpcCode | 'OK' | undefined
  const answer = { code: name ?? 'UNKNOWN', message: status.details }
  const [hint] = status.metadata?.get('grpc-retry-pushback-ms') ?? []
  return typeof hint === 'string' && /^\d{1,9}$/.test(hint) ? { ...answer, retryAfterMs: Number(hint) } : answer
}
