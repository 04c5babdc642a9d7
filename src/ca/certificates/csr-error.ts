/** Istio's "CSRError": what is wrong with a certificate signing request, in words for the one who made it. */

import { MeshwrightError } from '../../platform/errors.ts'

export function csrError(reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_CSR_INVALID', { message: reason, cause })
}
