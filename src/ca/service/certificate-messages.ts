/** The wire form of IstioCertificateService (protos/istio/security/v1alpha1/ca.proto). */

import { MeshwrightError } from '../../platform/errors.ts'
import { typesOf } from '../../platform/protobuf.ts'

export interface CertificateRequestMessage {
  readonly csr: string
  /** 0 when absent. */
  readonly validitySeconds: number
  /** A node agent that asks for a pod's identity (ztunnel) names it here. */
  readonly impersonatedIdentity: string | undefined
}

export interface CertificateMessages {
  /** Throws `CA_REQUEST_INVALID`. */
  decodeRequest(body: Uint8Array): CertificateRequestMessage
  encodeResponse(certChain: readonly string[]): Uint8Array
}

export const createCertificatePath = '/istio.v1.auth.IstioCertificateService/CreateCertificate'

export function certificateMessages(): CertificateMessages {
  const typeOf = typesOf('istio/security/v1alpha1/ca.proto')
  return {
    decodeRequest(body) {
      try {
        const requestType = typeOf('istio.v1.auth.IstioCertificateRequest')
        const message = requestType.toObject(requestType.decode(body), { longs: Number, defaults: true })
        return {
          csr: String(message.csr),
          validitySeconds: Number(message.validityDuration),
          impersonatedIdentity: textIn(message.metadata, 'ImpersonatedIdentity'),
        }
      } catch (cause) {
        throw new MeshwrightError('CA_REQUEST_INVALID', { message: 'the request is no IstioCertificateRequest', cause })
      }
    },
    encodeResponse: certChain => typeOf('istio.v1.auth.IstioCertificateResponse').encode({ certChain }).finish(),
  }
}

/** `struct` as protobufjs makes it: `{ fields: { name: { stringValue } } }`. */
function textIn(struct: unknown, name: string): string | undefined {
  const fields = propertyOf(struct, 'fields')
  const value = propertyOf(propertyOf(fields, name), 'stringValue')
  return typeof value === 'string' && value !== '' ? value : undefined
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}
