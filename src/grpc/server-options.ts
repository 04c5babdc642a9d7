/** What a gRPC server is told, and the limits that hold when it is not told any. */

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { PeerCertificate } from '../platform/rpc.ts'

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** `mode`: the permission bits of the socket file, such as 0o600. */
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number }

export interface TlsMaterial {
  /** The server's certificate and its intermediates. */
  readonly chainPem: string
  readonly keyPem: string
  /** The roots that client certificates are verified against; with none, no client certificate verifies. */
  readonly trustPem: string
}

export interface GrpcLimits {
  readonly maxConnections: number
  /** Per connection. */
  readonly maxConcurrentStreams: number
  /** One received message. */
  readonly maxMessageBytes: number
  /** Half-received messages of all connections together. */
  readonly maxAssemblyBytes: number
  /** Header fields of one request, each counted as name + value + 32 bytes (RFC 9113, 6.5.2). */
  readonly maxHeaderListBytes: number
  /** TLS handshakes under way at once; further connections are closed at once, and come back. */
  readonly maxHandshakes: number
  /** Of them an address keeps so many when others want places; it may have more while nobody does. */
  readonly handshakesPerAddress: number
  /** From the TCP connection to the end of the TLS handshake. */
  readonly handshakeMs: number
  /** From there to the first request, which covers the HTTP/2 preface. */
  readonly firstStreamMs: number
  /** A connection without a call for so long is sent away. */
  readonly idleMs: number
  /** The longest that a unary call may take when its caller set no shorter deadline. */
  readonly unaryMs: number
  /** Streams that a peer may open and reset at once; more end the connection (CVE-2023-44487). */
  readonly streamResets: Rate
  /** PING and SETTINGS frames of a peer; sending data to it fills the bucket again, as peers measure bandwidth by pings. */
  readonly controlFrames: Rate
  /**
   * New calls, all connections together; a call that would wait longer than `maxWaitMs` is refused. Absent: no limit. (Istio
   * allows min(15 + 5 × CPUs, 100) a second and waits up to one.)
   */
  readonly newStreams: (Rate & { readonly maxWaitMs: number }) | undefined
}

/** A token bucket. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export interface GrpcKeepalive {
  readonly pingEveryMs: number
  /** Without a byte from the peer for so long after a ping, the connection is dead. */
  readonly pingTimeoutMs: number
  /** An older connection is told to go (GOAWAY), so that clients spread over replicas again. */
  readonly maxAgeMs: number
  /** A part of `maxAgeMs`; each connection's age lies within ± so much of it. */
  readonly ageJitter: number
  /** From the GOAWAY to the end of the calls that are still open. */
  readonly ageGraceMs: number
}

export interface GrpcServerOptions {
  readonly listen: ListenAddress
  /** Absent: plaintext. */
  readonly tls?: TlsMaterial
  readonly log: Log
  readonly clock: Clock
  readonly limits?: Partial<GrpcLimits>
  readonly keepalive?: Partial<GrpcKeepalive>
  /** Why a client with this certificate, which has verified, is turned away all the same; undefined: it is not. */
  readonly refuseCertificate?: (certificate: PeerCertificate) => string | undefined
  /** From 0 to below 1; spreads what would otherwise happen to all connections at once. Absent: no jitter. */
  readonly random?: () => number
}

export const defaultLimits: GrpcLimits = {
  maxConnections: 20_000,
  maxConcurrentStreams: 250,
  maxMessageBytes: 4 * 1024 * 1024,
  maxAssemblyBytes: 256 * 1024 * 1024,
  maxHeaderListBytes: 16 * 1024,
  maxHandshakes: 128,
  handshakesPerAddress: 32,
  handshakeMs: 10_000,
  firstStreamMs: 10_000,
  idleMs: 300_000,
  unaryMs: 120_000,
  streamResets: { burst: 200, perSecond: 20 },
  controlFrames: { burst: 200, perSecond: 10 },
  newStreams: undefined,
}

export const defaultKeepalive: GrpcKeepalive = {
  pingEveryMs: 30_000,
  pingTimeoutMs: 10_000,
  maxAgeMs: 30 * 60_000,
  ageJitter: 0.1,
  ageGraceMs: 10_000,
}
