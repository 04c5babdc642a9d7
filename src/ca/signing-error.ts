/** Istio's text around whatever stopped a signature. Who was not authenticated is told so and nothing else. */

import { errorFrom, MeshwrightError } from '../platform/errors.ts'

export function signingError(thrown: unknown): MeshwrightError {
  const { code, message, retryAfterMs } = errorFrom(thrown)
  if (code === 'CA_UNAUTHENTICATED') return errorFrom(thrown)
  return new MeshwrightError(code, {
    message: `CSR signing error (${message})`,
    cause: thrown,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
