/**
 * IstioCAService/HandleCSR as node agents of Istio's first releases know it, with the statuses and texts of that server:
 * a request that does not parse is INVALID_ARGUMENT, and whatever stops the signature, a life that is too long included,
 * INTERNAL. What that server never said, being busy for instance, has the status that it has everywhere.
 */

import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import { requestedNamesFault } from '../certificates/requested-names.ts'
import { signingError } from '../certificates/signing-error.ts'
import type { CertificateRequests } from './certificate-requests.ts'
import type { UnaryMethod } from './certificate-service.ts'
import { handleCsrPath, legacyCsrMessages } from './legacy-csr-messages.ts'

export function legacyCsrService(requests: CertificateRequests): UnaryMethod {
  const messages = legacyCsrMessages()
  return {
    kind: 'unary',
    path: handleCsrPath,
    admit: requests.requireRoom,
    async handle(call) {
      try {
        const proof = await requests.authenticated(call)
        const { csr, ttlMinutes } = messages.decodeRequest(call.body)
        requireNames(csr)
        const issued = await requests.issue(call, proof, { csr, ttlMs: ttlMinutes * 60_000 })
        return { body: messages.encodeResponse(issued) }
      } catch (thrown) {
        throw asOfThatTime(thrown)
      }
    },
  }
}

function requireNames(csr: string): void {
  const fault = requestedNamesFault(csr)
  if (fault === undefined) return
  throw new MeshwrightError('CA_REQUEST_INVALID', { message: `CSR identity extraction error (${fault})` })
}

function asOfThatTime(cause: unknown): MeshwrightError {
  const { code, message } = errorFrom(cause)
  switch (code) {
    case 'CA_UNAUTHENTICATED':
      return new MeshwrightError(code, { message: `${message}, no caller identity`, cause })
    case 'CA_CALLER_UNVERIFIABLE':
    case 'CA_REQUEST_INVALID':
      return errorFrom(cause)
    case 'CA_CSR_INVALID':
      return new MeshwrightError(code, { message: `CSR parsing error (${message})`, cause })
    case 'CA_TTL_TOO_LONG':
      return new MeshwrightError('CA_CERTIFICATE_GENERATION', { message: `CSR signing error (${message})`, cause })
    default:
      return signingError(cause)
  }
}
