/**
 * The xDS server: streams in, responses out. It knows tables and clients, and nothing of what the resources mean; the
 * transport is whatever implements `Duplex`. After each change of tables the owner calls `flush` once.
 */

import type { Clock } from '../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Duplex, RpcMethod, RpcStatus } from '../platform/rpc.ts'
import { FrameCache } from './frame-cache.ts'
import {
  decodeNode,
  defaultRequestLimits,
  type RequestDecoder,
  type RequestLimits,
  requestDecoder,
  type XdsRequest,
} from './requests.ts'
import { ResponseBuilder } from './response.ts'
import { SamePages } from './same-pages.ts'
import { Session, type SessionContext } from './session.ts'
import type { SessionStatus } from './session-status.ts'
import { SubscriptionInterner } from './subscription.ts'
import type { TableDirectory, XdsVariant } from './table-set.ts'
import { typeUrls } from './type-rules.ts'
import type { Nack } from './watch.ts'

export interface AdsServer {
  /** To be registered with a gRPC server. */
  readonly methods: readonly RpcMethod[]
  readonly stats: Readonly<AdsStats>
  sessions(): Iterable<SessionStatus>
  /** Wakes the streams that want something changed since the last flush, each once. Cost: the number of those streams. */
  flush(): void
  /** Ends the streams that `predicate` picks; their clients connect again. Returns how many. */
  disconnect(predicate: (session: SessionStatus) => boolean, status?: RpcStatus): number
}

/** Counters since the start. */
export interface AdsStats {
  framesBuilt: number
  /** Bytes put together, once however many streams they went to. */
  bytesEncoded: number
  streamsWoken: number
  messagesSent: number
  bytesSent: number
  acks: number
  nacks: number
  staleNonces: number
  streamsOpened: number
  streamsRefused: number
  streamsClosed: number
}

export interface AdsObserver {
  connected?(session: SessionStatus): void
  disconnected?(session: SessionStatus): void
  /** What the client wants of a type has changed; what is put into its tables now is a part of the answer. */
  subscribed?(session: SessionStatus, typeUrl: string): void
  accepted?(session: SessionStatus, typeUrl: string): void
  refused?(session: SessionStatus, typeUrl: string, nack: Nack): void
  /** A request for a type that is not served, such as a client's report of its health. */
  unserved?(session: SessionStatus, request: XdsRequest): void
}

export interface AdsServerOptions {
  readonly directory: TableDirectory
  readonly log: Log
  readonly clock: Clock
  readonly observer?: AdsObserver
  /** Which services are offered; `['aggregated']` when absent. */
  readonly services?: readonly ('aggregated' | 'secret')[]
  readonly limits?: Partial<RequestLimits>
  /** A response bigger than this is split where the protocol allows; gRPC clients refuse more than 4 MiB by default. */
  readonly maxResponseBytes?: number
  readonly maxCacheBytes?: number
  readonly settleMs?: number
}

/** Cost of a server without streams: nothing but its objects. */
export function createAdsServer(options: AdsServerOptions): AdsServer {
  return new Server(options)
}

class Server implements AdsServer {
  readonly methods: readonly RpcMethod[]
  readonly #options: AdsServerOptions
  readonly #sessions = new Map<Session, Duplex>()
  readonly #dirty = new Set<Session>()
  readonly #unservedLogged = new Set<string>()
  readonly #cache: FrameCache
  readonly #builder: ResponseBuilder
  readonly #limits: RequestLimits
  readonly #context: SessionContext
  readonly #counters = {
    streamsWoken: 0,
    messagesSent: 0,
    bytesSent: 0,
    acks: 0,
    nacks: 0,
    staleNonces: 0,
    streamsOpened: 0,
    streamsRefused: 0,
    streamsClosed: 0,
  }
  #nextSessionId = 1

  constructor(options: AdsServerOptions) {
    this.#options = options
    this.#limits = { ...defaultRequestLimits, ...options.limits }
    this.#cache = new FrameCache(options.maxCacheBytes ?? 64 * 1024 * 1024)
    this.#builder = new ResponseBuilder(options.maxResponseBytes ?? 2 * 1024 * 1024)
    this.#context = {
      shared: {
        interner: new SubscriptionInterner(),
        cache: this.#cache,
        builder: this.#builder,
        samePages: new SamePages(),
        absentNames: new WeakMap(),
        runId: options.clock.now().toString(36),
      },
      stats: this.#counters,
      limits: this.#limits,
      clock: options.clock,
      settleMs: options.settleMs ?? 5000,
      wake: session => this.#dirty.add(session),
      run: session => this.#guard(session, () => session.pump()),
      onSubscribed: (session, typeUrl) => options.observer?.subscribed?.(session.status(), typeUrl),
      onAccepted: (session, typeUrl) => options.observer?.accepted?.(session.status(), typeUrl),
      onRefused: (session, typeUrl, nack) => {
        options.log.warn({ node: session.node.id, typeUrl, error: nack.message }, 'configuration refused by a client')
        options.observer?.refused?.(session.status(), typeUrl, nack)
      },
      onUnserved: (session, request) => this.#unserved(session, request),
    }
    this.methods = (options.services ?? ['aggregated']).flatMap(service =>
      (['delta', 'sotw'] as const).map(variant => this.#method(service, variant)),
    )
  }

  get stats(): AdsStats {
    return { framesBuilt: this.#builder.framesBuilt, bytesEncoded: this.#builder.bytesBuilt, ...this.#counters }
  }

  *sessions(): Iterable<SessionStatus> {
    for (const session of this.#sessions.keys()) yield session.status()
  }

  flush(): void {
    this.#cache.sweep()
    const woken = [...this.#dirty]
    this.#dirty.clear()
    this.#counters.streamsWoken += woken.length
    for (const session of woken) this.#guard(session, () => session.pump())
  }

  disconnect(predicate: (session: SessionStatus) => boolean, status = reconnect): number {
    const picked = [...this.#sessions].filter(([session]) => predicate(session.status()))
    for (const [session, stream] of picked) this.#end(session, stream, status)
    return picked.length
  }

  #method(service: 'aggregated' | 'secret', variant: XdsVariant): RpcMethod {
    const { path, typeUrl } = services[service]
    let decode: RequestDecoder | undefined
    return {
      kind: 'duplex',
      path: path[variant],
      handle: stream => {
        decode ??= requestDecoder(variant, this.#limits)
        this.#serve(stream, variant, withType(decode, typeUrl))
      },
    }
  }

  #serve(stream: Duplex, variant: XdsVariant, decode: RequestDecoder): void {
    let session: Session | undefined
    try {
      this.#options.directory.greet?.(stream.peer)
    } catch (thrown) {
      this.#counters.streamsRefused++
      this.#fail(undefined, stream, thrown)
      return
    }
    stream.onMessage(body => {
      if (session?.isClosed === true) return
      try {
        const request = decode(body)
        session ??= this.#admit(stream, variant, request)
        session.receive(request)
      } catch (thrown) {
        if (session === undefined) this.#counters.streamsRefused++
        this.#fail(session, stream, thrown)
      }
    })
    stream.onDrain(() => {
      const drained = session
      if (drained !== undefined) this.#guard(drained, () => drained.drained())
    })
    // Without a way to acknowledge, a client cannot be served.
    stream.onHalfClose(() => this.#end(session, stream, { code: 'OK', message: '' }))
    stream.onClose(() => this.#forget(session))
  }

  #admit(stream: Duplex, variant: XdsVariant, request: XdsRequest): Session {
    if (request.node === undefined) {
      throw new MeshwrightError('XDS_NODE_MISSING', { message: 'missing node information' })
    }
    const node = decodeNode(request.node)
    const tables = this.#options.directory.admit(node, stream.peer, variant)
    const session = new Session({ id: this.#nextSessionId++, stream, node, tables, variant }, this.#context)
    this.#sessions.set(session, stream)
    this.#counters.streamsOpened++
    this.#options.observer?.connected?.(session.status())
    return session
  }

  #unserved(session: Session, request: XdsRequest): void {
    const { typeUrl } = request
    if (!this.#unservedLogged.has(typeUrl) && this.#unservedLogged.size < mostUnservedLogged) {
      this.#unservedLogged.add(typeUrl)
      this.#options.log.info({ node: session.node.id, typeUrl }, 'type not served')
    }
    this.#options.observer?.unserved?.(session.status(), request)
  }

  /** Runs `task`; what it throws ends this stream and no other. */
  #guard(session: Session, task: () => void): void {
    try {
      task()
    } catch (thrown) {
      const stream = this.#sessions.get(session)
      if (stream !== undefined) this.#fail(session, stream, thrown)
    }
  }

  #fail(session: Session | undefined, stream: Duplex, thrown: unknown): void {
    const error = errorFrom(thrown)
    const facts = { node: session?.node.id, peer: stream.peer.address, code: error.code, ...error.facts }
    if (error.code === 'INTERNAL') this.#options.log.error({ ...facts, err: error.cause ?? error }, 'stream failed')
    else this.#options.log.warn({ ...facts, error: error.message }, 'stream ended')
    // A fault of ours is told nobody in detail.
    const message = error.code === 'INTERNAL' ? 'internal error' : error.message
    this.#end(session, stream, { code: error.grpcCode, message })
  }

  #end(session: Session | undefined, stream: Duplex, status: RpcStatus): void {
    this.#forget(session)
    stream.close(status)
  }

  #forget(session: Session | undefined): void {
    if (session === undefined || !this.#sessions.delete(session)) return
    this.#counters.streamsClosed++
    this.#dirty.delete(session)
    const status = this.#options.observer?.disconnected === undefined ? undefined : session.status()
    session.close()
    if (this.#sessions.size === 0) this.#cache.sweep()
    if (status !== undefined) this.#options.observer?.disconnected?.(status)
  }
}

const reconnect: RpcStatus = { code: 'UNAVAILABLE', message: 'please connect again' }

const mostUnservedLogged = 100

const services = {
  aggregated: {
    typeUrl: undefined,
    path: {
      delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      sotw: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    },
  },
  secret: {
    typeUrl: typeUrls.secret,
    path: {
      delta: '/envoy.service.secret.v3.SecretDiscoveryService/DeltaSecrets',
      sotw: '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets',
    },
  },
} as const

/** "This is implicit in requests made via singleton xDS APIs … but is explicit in ADS." */
function withType(decode: RequestDecoder, implied: string | undefined): RequestDecoder {
  return body => {
    const request = decode(body)
    if (implied !== undefined && request.typeUrl === '') return { ...request, typeUrl: implied }
    if (request.typeUrl === '' || (implied !== undefined && request.typeUrl !== implied)) {
      throw new MeshwrightError('XDS_REQUEST_INVALID', {
        message: `the service does not serve the type '${request.typeUrl}'`,
      })
    }
    return request
  }
}
