/** The client's half of IstioCertificateService (protos/istio/security/v1alpha1/ca.proto). */

import { loadProtos } from '../../../platform/protobuf.ts'

export interface UpstreamMessages {
  encodeRequest(request: UpstreamRequest): Buffer
  /** Leaf, intermediates, and last the bundle of roots. Throws on what is no such message. */
  decodeAnswer(body: Uint8Array): readonly string[]
}

export interface UpstreamRequest {
  readonly csr: string
  readonly validitySeconds: number
  /** For whom the caller asks; undefined: for itself. */
  readonly impersonatedIdentity: string | undefined
}

export function upstreamMessages(): UpstreamMessages {
  const root = loadProtos(['istio/security/v1alpha1/ca.proto'])
  const requestType = root.lookupType('istio.v1.auth.IstioCertificateRequest')
  const answerType = root.lookupType('istio.v1.auth.IstioCertificateResponse')
  return {
    encodeRequest({ csr, validitySeconds, impersonatedIdentity }) {
      const fields = { ImpersonatedIdentity: { stringValue: impersonatedIdentity } }
      const metadata = impersonatedIdentity === undefined ? {} : { metadata: { fields } }
      return Buffer.from(requestType.encode({ csr, validityDuration: validitySeconds, ...metadata }).finish())
    },
    decodeAnswer(body) {
      const { certChain } = answerType.toObject(answerType.decode(body), { arrays: true })
      // The shape is the schema's: a repeated string.
      return certChain as readonly string[]
    },
  }
}
