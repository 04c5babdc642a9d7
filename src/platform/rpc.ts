/**
 * What a service sees of a call, whatever carries it: `src/grpc` implements these over HTTP/2; `xds`, `ca` and `agent`
 * are written against them and can be tested without a socket.
 */

import type { GrpcCode } from './error-codes.ts'

/** Who is at the other end, as far as the transport has proved it. Nothing here comes from what the peer merely says. */
export interface PeerIdentity {
  /** `tls`: the channel is encrypted (a certificate is optional there); `plaintext`: TCP; `local`: a Unix socket. */
  readonly transport: 'tls' | 'plaintext' | 'local'
  /** `IP:PORT`, or the socket's path. */
  readonly address: string
  /** The verified client certificate; absent when none was presented. One that does not verify never gets here. */
  readonly certificate?: PeerCertificate
}

export interface PeerCertificate {
  /** The URI SANs of the leaf, as written in it. */
  readonly uris: readonly string[]
  /** Upper-case hexadecimal, no separators. */
  readonly serialNumber: string
  readonly notBeforeMs?: number
  readonly notAfterMs: number
  /** DER of the leaf. */
  readonly raw: Buffer
}

export interface RpcStatus {
  readonly code: GrpcCode | 'OK'
  readonly message: string
  /** When it makes sense to try again, for clients that retry by themselves (`grpc-retry-pushback-ms`, gRFC A6). */
  readonly retryAfterMs?: number
}

/** Request or response metadata: lower-case keys; a key that came twice has its values joined by `,`. */
export type RpcMetadata = Readonly<Record<string, string>>

/**
 * One outgoing message: the bytes of a gRPC length-prefixed message in pieces, the 5-byte prefix first, so that a piece
 * shared by a thousand streams is never copied. The receiver must not change the buffers.
 */
export type Frame = readonly Buffer[]

/** A bidirectional stream as the server sees it. Handlers are set synchronously in the method's handler. */
export interface Duplex {
  readonly peer: PeerIdentity
  readonly metadata: RpcMetadata
  /** False when the socket is full: send nothing more until `onDrain`. The frame that returned false is still sent. */
  send(frame: Frame): boolean
  /** `body` is one message without its prefix; only valid during the call (copy what is kept). */
  onMessage(handler: (body: Uint8Array) => void): void
  onDrain(handler: () => void): void
  /** The client has finished sending (half-close). */
  onHalfClose(handler: () => void): void
  /** Once, however the stream ended. */
  onClose(handler: () => void): void
  /** Sends the trailers and ends the stream; later calls do nothing. */
  close(status: RpcStatus): void
}

/** What is known of a call before its message. */
export interface RpcCaller {
  readonly peer: PeerIdentity
  readonly metadata: RpcMetadata
}

export interface UnaryCall extends RpcCaller {
  readonly body: Uint8Array
  /** Aborted when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal
}

export interface UnaryAnswer {
  readonly body: Uint8Array
  readonly metadata?: RpcMetadata
}

/** What a service registers. A thrown `MeshwrightError` becomes its gRPC status; anything else INTERNAL with an opaque text. */
export type RpcMethod =
  | {
      readonly kind: 'unary'
      readonly path: string
      /** When the header fields have come, before a byte of the message is read; whoever cannot be served is refused by throwing. */
      admit?(caller: RpcCaller): void
      handle(call: UnaryCall): Promise<UnaryAnswer>
    }
  | { readonly kind: 'duplex'; readonly path: string; handle(stream: Duplex): void }

/** `body` as one frame, in two pieces. */
export function frameOf(body: Uint8Array): Frame {
  return [framePrefix(body.length), Buffer.from(body.buffer, body.byteOffset, body.byteLength)]
}

/** The gRPC prefix: not compressed, length in bytes. */
export function framePrefix(lengthBytes: number): Buffer {
  const prefix = Buffer.allocUnsafe(5)
  prefix[0] = 0
  prefix.writeUInt32BE(lengthBytes, 1)
  return prefix
}
