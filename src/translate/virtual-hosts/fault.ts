/** `HTTPFaultInjection`. */

import { durationMs } from '../../config/duration.ts'
import type { HttpFault } from '../../config/kinds/http-route.ts'
import type { FaultIr } from './ir.ts'

export function faultFrom(fault: HttpFault | undefined): FaultIr | undefined {
  if (fault === undefined) return undefined
  const { delay, abort } = fault
  const ms = delay?.fixedDelay === undefined ? 0 : durationMs(delay.fixedDelay)
  const delayPercent = delay === undefined ? 0 : (delay.percentage?.value ?? delay.percent ?? 100)
  const abortPercent = abort === undefined ? 0 : (abort.percentage?.value ?? 100)
  const status = abortStatus(abort)
  const ir: FaultIr = {
    ...(ms > 0 && delayPercent > 0 ? { delay: { ms, percent: delayPercent } } : {}),
    ...(status !== undefined && abortPercent > 0 ? { abort: { percent: abortPercent, ...status } } : {}),
  }
  return ir.delay === undefined && ir.abort === undefined ? undefined : ir
}

function abortStatus(abort: HttpFault['abort']): { httpStatus: number } | { grpcStatus: number } | undefined {
  if (abort?.httpStatus !== undefined && abort.httpStatus > 0) return { httpStatus: abort.httpStatus }
  const grpc = grpcCodes.indexOf(abort?.grpcStatus ?? '')
  return grpc < 0 ? undefined : { grpcStatus: grpc }
}

/** By number. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const grpcCodes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]
