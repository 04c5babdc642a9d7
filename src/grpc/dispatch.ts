/** From a request's header fields to the running method: checks, the path, the rate of new calls, the method's own door. */

import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Clock } from '../platform/clock.ts'
import type { RpcMethod, RpcStatus } from '../platform/rpc.ts'
import { refuseRequest } from './call-stream.ts'
import type { Connection, Dispatch } from './connection.ts'
import { openDuplexCall } from './duplex-call.ts'
import type { AcceptedCall } from './open-call.ts'
import { parseRequestHead, type RequestHead } from './request-head.ts'
import type { GrpcLimits } from './server-options.ts'
import { statusFromThrown } from './status.ts'
import { TokenBucket } from './token-bucket.ts'
import { openUnaryCall } from './unary-call.ts'

export interface DispatchOptions {
  readonly methods: ReadonlyMap<string, RpcMethod>
  readonly clock: Clock
  readonly limits: Pick<GrpcLimits, 'newStreams' | 'unaryMs' | 'maxHeaderListBytes'>
}

export function createDispatch({ methods, clock, limits }: DispatchOptions): Dispatch {
  const rate = limits.newStreams
  const bucket = rate === undefined ? undefined : new TokenBucket(rate, clock)
  return (stream, rawHeaders, connection) => {
    const head = parseRequestHead(rawHeaders, limits)
    if (head.kind === 'not-grpc') return answerNotGrpc(stream, head)
    if (head.kind === 'refused') return refuseRequest(stream, head.status)
    const method = methods.get(head.path)
    if (method === undefined) {
      const message = `unknown method ${head.path.slice(0, longestPathShown)}`
      return refuseRequest(stream, { code: 'UNIMPLEMENTED', message })
    }
    const waitMs = bucket === undefined ? 0 : bucket.reserve(rate?.maxWaitMs ?? 0)
    if (waitMs === undefined) {
      const message = 'request rate limit exceeded: too many new streams'
      return refuseRequest(stream, { code: 'RESOURCE_EXHAUSTED', message })
    }
    const refusal = refusalOf(method, head, connection)
    if (refusal !== undefined) return refuseRequest(stream, refusal)
    const accepted = { head, method }
    if (waitMs === 0) open(stream, accepted, { connection, limits })
    // The stream waits with its flow-control window closed, so that it costs no more than that.
    else clock.after(waitMs, () => open(stream, accepted, { connection, limits }))
  }
}

function refusalOf(method: RpcMethod, head: AcceptedCall['head'], { environment }: Connection): RpcStatus | undefined {
  if (method.kind !== 'unary' || method.admit === undefined) return undefined
  try {
    method.admit({ peer: environment.peer, metadata: head.metadata })
    return undefined
  } catch (thrown) {
    return statusFromThrown(thrown, { log: environment.log, path: head.path })
  }
}

function open(
  stream: ServerHttp2Stream,
  { head, method }: AcceptedCall,
  { connection, limits }: { connection: Connection; limits: Pick<GrpcLimits, 'unaryMs'> },
): void {
  if (stream.destroyed || stream.closed) return
  const { environment } = connection
  if (method.kind === 'duplex') {
    connection.admit(openDuplexCall(stream, environment, { head, method }), stream)
    return
  }
  const timeoutMs = Math.min(head.timeoutMs ?? Number.POSITIVE_INFINITY, limits.unaryMs)
  connection.admit(openUnaryCall(stream, environment, { head: { ...head, timeoutMs }, method }), stream)
}

function answerNotGrpc(stream: ServerHttp2Stream, { httpStatus }: Extract<RequestHead, { kind: 'not-grpc' }>): void {
  stream.respond({ [constants.HTTP2_HEADER_STATUS]: httpStatus }, { endStream: true })
}

const longestPathShown = 200
