/**
 * The checks on a request's header fields, before a method is looked up and before a byte of the body is read.
 * After https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md and statuscodes.md.
 */

import type { RpcMetadata, RpcStatus } from '../platform/rpc.ts'
import { metadataFromHeaders } from './metadata.ts'
import type { GrpcLimits } from './server-options.ts'

export type RequestHead =
  | { readonly kind: 'call'; readonly path: string; readonly metadata: RpcMetadata; readonly timeoutMs?: number }
  /** Not gRPC at all: an HTTP status and no trailers. */
  | { readonly kind: 'not-grpc'; readonly httpStatus: 405 | 415 }
  | { readonly kind: 'refused'; readonly status: RpcStatus }

/** `rawHeaders`: names and values in turn. node:http2 enforces the limit on their size only roughly, so it is counted here. */
export function parseRequestHead(
  rawHeaders: readonly string[],
  { maxHeaderListBytes }: Pick<GrpcLimits, 'maxHeaderListBytes'>,
): RequestHead {
  const field = (name: string): string | undefined => {
    for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i] === name) return rawHeaders[i + 1]
    return undefined
  }
  if (field(':method') !== 'POST') return { kind: 'not-grpc', httpStatus: 405 }
  if (!isGrpcContentType(field('content-type'))) return { kind: 'not-grpc', httpStatus: 415 }
  if (headerListBytes(rawHeaders) > maxHeaderListBytes) {
    return refused('RESOURCE_EXHAUSTED', `header fields are larger than the limit of ${maxHeaderListBytes} bytes`)
  }
  const encoding = field('grpc-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    return refused('UNIMPLEMENTED', `message encoding "${encoding.slice(0, 40)}" is not supported; use identity`)
  }
  const timeout = field('grpc-timeout')
  const timeoutMs = timeout === undefined ? undefined : parseTimeoutMs(timeout)
  if (timeout !== undefined && timeoutMs === undefined) return refused('INTERNAL', 'malformed grpc-timeout')
  const metadata = metadataFromHeaders(rawHeaders)
  if (metadata === undefined) return refused('INTERNAL', 'malformed binary metadata')
  const path = field(':path') ?? ''
  return timeoutMs === undefined ? { kind: 'call', path, metadata } : { kind: 'call', path, metadata, timeoutMs }
}

/** `TimeoutValue TimeoutUnit`: at most eight digits and one of H M S m u n; `undefined` when it is anything else. */
export function parseTimeoutMs(text: string): number | undefined {
  const match = /^([0-9]{1,8})([HMSmun])$/.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** As RFC 9113, 6.5.2 counts: 32 bytes on top of each field. Field values are one byte a character here. */
function headerListBytes(rawHeaders: readonly string[]): number {
  let bytes = 16 * rawHeaders.length
  for (const text of rawHeaders) bytes += text.length
  return bytes
}

function isGrpcContentType(value: string | undefined): boolean {
  return value !== undefined && /^application\/grpc(?:[+;].*)?$/i.test(value)
}

function refused(code: RpcStatus['code'], message: string): RequestHead {
  return { kind: 'refused', status: { code, message } }
}
