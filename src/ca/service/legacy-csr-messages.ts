/** The wire form of IstioCAService (protos/istio/security/v1/legacy_csr.proto). */

import { MeshwrightError } from '../../platform/errors.ts'
import { typesOf } from '../../platform/protobuf.ts'

export interface LegacyCsrRequest {
  readonly csr: string
  /** 0 when absent. */
  readonly ttlMinutes: number
}

export interface LegacyCsrAnswer {
  readonly leafPem: string
  readonly intermediatePems: readonly string[]
}

export interface LegacyCsrMessages {
  /** Throws `CA_REQUEST_INVALID`. */
  decodeRequest(body: Uint8Array): LegacyCsrRequest
  encodeResponse(answer: LegacyCsrAnswer): Uint8Array
}

export const handleCsrPath = '/istio.v1.auth.IstioCAService/HandleCSR'

export function legacyCsrMessages(): LegacyCsrMessages {
  const typeOf = typesOf('istio/security/v1/legacy_csr.proto')
  return {
    decodeRequest(body) {
      try {
        const requestType = typeOf('istio.v1.auth.CsrRequest')
        const message = requestType.toObject(requestType.decode(body), { defaults: true })
        const ttlMinutes = Number(message.requestedTtlMinutes)
        return { csr: Buffer.from(message.csrPem as Uint8Array).toString('latin1'), ttlMinutes }
      } catch (cause) {
        throw new MeshwrightError('CA_REQUEST_INVALID', { message: 'the request is no CsrRequest', cause })
      }
    },
    encodeResponse: ({ leafPem, intermediatePems }) =>
      typeOf('istio.v1.auth.CsrResponse')
        .encode({
          isApproved: true,
          signedCert: Buffer.from(leafPem),
          certChain: Buffer.from(intermediatePems.join('')),
        })
        .finish(),
  }
}
