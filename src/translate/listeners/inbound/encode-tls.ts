/** The server's end of mutual TLS as a transport socket. */

import { any, type Plain } from '../../envoy-messages.ts'
import { secretFromAgent } from '../../mesh-certificates.ts'
import { wrapped } from '../../well-known.ts'
import type { ServerTlsIr } from './ir.ts'

export function serverTlsSocket(tls: ServerTlsIr, traffic: 'http' | 'tcp'): Plain {
  const { trustDomains, minimumVersion, cipherSuites, ecdhCurves } = tls
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: any('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      requireClientCertificate: wrapped(true),
      commonTlsContext: {
        alpnProtocols: traffic === 'http' ? ['h2', 'http/1.1'] : ['istio-peer-exchange', 'h2', 'http/1.1'],
        tlsParams: {
          tlsMinimumProtocolVersion: minimumVersion,
          tlsMaximumProtocolVersion: 'TLSv1_3',
          cipherSuites: cipherSuites.length === 0 ? builtInCipherSuites : cipherSuites,
          ...(ecdhCurves.length === 0 ? {} : { ecdhCurves }),
        },
        tlsCertificateSdsSecretConfigs: [secretFromAgent('default')],
        combinedValidationContext: {
          defaultValidationContext: {
            matchTypedSubjectAltNames: trustDomains.map(domain => ({
              sanType: 'URI',
              matcher: { prefix: `spiffe://${domain}/` },
            })),
          },
          validationContextSdsSecretConfig: secretFromAgent('ROOTCA'),
        },
      },
    }),
  }
}

const builtInCipherSuites = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
]
