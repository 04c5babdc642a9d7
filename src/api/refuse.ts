/** How the API tells errors: Kubernetes' `Status`, with a cause for each field at fault. */

import type { RouteAnswer } from '../admin/routes/route.ts'
import { problemsOf } from '../config/store/config-errors.ts'
import type { ErrorCode } from '../platform/error-codes.ts'
import type { MeshwrightError } from '../platform/errors.ts'
import { conflictsOf } from './apply/server-side-apply.ts'

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  /** Of a list that cannot go on at its revision: where it can go on at the newest. */
  readonly metadata: { readonly continue?: string }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code: number
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

/** Where an HTTP status alone would say too little. */
const statusOfCode: Readonly<Partial<Record<ErrorCode, readonly [number, string]>>> = {
  CONFIG_INVALID: [422, 'Invalid'],
  PATCH_FAILED: [422, 'Invalid'],
  OBJECT_EXISTS: [409, 'AlreadyExists'],
  REVISION_COMPACTED: [410, 'Expired'],
  REVISION_UNKNOWN: [504, 'Timeout'],
}

const reasonOfStatus: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
}

export function statusOf(error: MeshwrightError): Status {
  const [code, reason] = statusOfCode[error.code] ?? [error.httpStatus, reasonOfStatus[error.httpStatus] ?? 'Unknown']
  const causes = causesOf(error)
  const { kind, name, group } = { ...subjectOf(error), ...error.facts }
  const details: StatusDetails = {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof group === 'string' && group !== '' ? { group } : {}),
    ...(typeof kind === 'string' ? { kind } : {}),
    ...(causes.length === 0 ? {} : { causes }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(error.retryAfterMs / 1000) }),
  }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: typeof error.facts.continue === 'string' ? { continue: error.facts.continue } : {},
    status: 'Failure',
    message: messageOf(error),
    reason,
    ...(Object.keys(details).length === 0 ? {} : { details }),
    code,
  }
}

export function refuse(error: MeshwrightError): RouteAnswer {
  const status = statusOf(error)
  return {
    status: status.code,
    contentType: 'application/json',
    body: `${JSON.stringify(status)}\n`,
    headers: {
      ...(typeof error.facts.allow === 'string' ? { allow: error.facts.allow } : {}),
      ...(error.code === 'ADMIN_CREDENTIAL_REFUSED' ? { 'www-authenticate': 'Bearer' } : {}),
      ...(status.details?.retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(status.details.retryAfterSeconds) }),
    },
  }
}

function messageOf(error: MeshwrightError): string {
  if (error.code === 'INTERNAL') return 'a fault in the daemon; its log has the reason'
  return error.remedy === undefined ? error.message : `${error.message}. ${error.remedy}`
}

/** The first object that is at fault: a refused transaction may name several. */
function subjectOf(error: MeshwrightError): {
  readonly kind?: string
  readonly name?: string
  readonly group?: string
} {
  const problem = problemsOf(error).find(({ severity }) => severity === 'error')
  if (problem?.kind === undefined || problem.name === undefined) return {}
  return { kind: problem.kind, name: problem.name }
}

function causesOf(error: MeshwrightError): readonly StatusCause[] {
  const conflicts = conflictsOf(error).map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${JSON.stringify(manager)}`,
    field,
  }))
  const problems = problemsOf(error)
    .filter(({ severity }) => severity === 'error')
    .map(({ field, reason, remedy }) => ({
      reason: 'FieldValueInvalid',
      message: remedy === undefined ? reason : `${reason}; ${remedy}`,
      ...(field === undefined ? {} : { field }),
    }))
  // By this word clients know that they are ahead of the server, and ask again.
  const ahead = error.code === 'REVISION_UNKNOWN' ? [{ reason: 'ResourceVersionTooLarge', message: error.message }] : []
  return [...conflicts, ...problems, ...ahead]
}
