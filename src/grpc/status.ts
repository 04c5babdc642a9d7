/** gRPC statuses as HTTP/2 trailers, after https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. */

import type { GrpcCode } from '../platform/error-codes.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { RpcStatus } from '../platform/rpc.ts'

export const grpcCodeNumbers: Readonly<Record<GrpcCode | 'OK', number>> = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
}

export interface StatusTrailers {
  readonly 'grpc-status': string
  readonly 'grpc-message'?: string
  readonly 'grpc-retry-pushback-ms'?: string
}

export function statusTrailers(status: RpcStatus): StatusTrailers {
  return {
    'grpc-status': String(grpcCodeNumbers[status.code]),
    ...(status.message === '' ? {} : { 'grpc-message': percentEncoded(status.message) }),
    ...(status.retryAfterMs === undefined ? {} : { 'grpc-retry-pushback-ms': String(Math.ceil(status.retryAfterMs)) }),
  }
}

/**
 * What a thrown thing becomes on the wire. Only a `MeshwrightError` that is not a fault of ours shows its message; the
 * rest is told to the log alone, because its text may hold what the peer must not see.
 */
export function statusFromThrown(thrown: unknown, where: { readonly log: Log; readonly path: string }): RpcStatus {
  if (thrown instanceof MeshwrightError && thrown.grpcCode !== 'INTERNAL') {
    where.log.debug({ path: where.path, err: thrown, code: thrown.code, facts: thrown.facts }, 'call refused')
    const status = { code: thrown.grpcCode, message: thrown.message }
    return thrown.retryAfterMs === undefined ? status : { ...status, retryAfterMs: thrown.retryAfterMs }
  }
  where.log.error({ path: where.path, err: thrown }, 'call failed')
  return { code: 'INTERNAL', message: 'internal error' }
}

/** Trailers are header fields, which peers limit; a longer text is cut. */
const longestMessageCharacters = 1024

function percentEncoded(message: string): string {
  const text = (
    message.length > longestMessageCharacters ? `${message.slice(0, longestMessageCharacters - 1)}…` : message
  ).toWellFormed()
  // A field value must not begin or end with a space (RFC 9113, 8.2.1), so those are encoded too.
  return text.replace(/[^\x20-\x7e]|%|^ | $/gu, character =>
    [...Buffer.from(character)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}
