/** Istio's text around whatever stopped a signature. Who was not authenticated is told so and nothing else. */

import type { ErrorCode } from '../../platform/error-codes.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'

export function signingError(thrown: unknown): MeshwrightError {
  const { code, message, retryAfterMs } = errorFrom(thrown)
  if (code === 'CA_UNAUTHENTICATED') return errorFrom(thrown)
  return new MeshwrightError(code, {
    message: `CSR signing error (${isForCallers(code) ? message : code})`,
    cause: thrown,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** Errors that a caller can act on keep their text; of the others it is told the code, and the log has the reason. */
export function isForCallers(code: ErrorCode): boolean {
  return explained.has(code)
}

const explained: ReadonlySet<ErrorCode> = new Set([
  'CA_CSR_INVALID',
  'CA_TTL_TOO_LONG',
  'CA_NOT_READY',
  'CA_CERTIFICATE_GENERATION',
  'CA_BUSY',
  'CA_REVOKED',
])
