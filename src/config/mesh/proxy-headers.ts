/** Of the ProxyConfig, the headers that the proxy adds, changes and believes. */

import { bool, enumeration, field, message, optional, text, uint32, wrapped } from '../schema/fields.ts'
import { proxySetting } from './proxy-setting.ts'

const forwardClientCert = () =>
  enumeration({
    UNDEFINED: 0,
    SANITIZE: 1,
    FORWARD_ONLY: 2,
    APPEND_FORWARD: 3,
    SANITIZE_SET: 4,
    ALWAYS_FORWARD_ONLY: 5,
  })

const clientCertDescription =
  'What becomes of `x-forwarded-client-cert`: `SANITIZE` removes it; `FORWARD_ONLY` passes it on over mutual TLS, ' +
  '`ALWAYS_FORWARD_ONLY` over anything; `APPEND_FORWARD` adds the client to it; `SANITIZE_SET` writes the client alone.'

const flag = (description: string, byDefault: string) =>
  field(description, optional(wrapped(bool())), { default: byDefault })

const disabled = flag('The header is neither added nor changed.', 'false')
const enabled = flag('The header is added.', 'false')

const clientCertDetails = message({
  subject: flag('The subject of the certificate.', 'true'),
  cert: flag('The certificate, in PEM.', 'false'),
  chain: flag('The certificate with its chain, in PEM.', 'false'),
  dns: flag('The DNS names of the certificate.', 'true'),
  uri: flag('The URI of the certificate.', 'true'),
})

export const proxyHeaders = {
  gatewayTopology: proxySetting(
    'What stands in front of gateways.',
    message({
      numTrustedProxies: field('How many proxies in front are believed about the client.', optional(uint32()), {
        default: '0',
      }),
      forwardClientCertDetails: field(clientCertDescription, optional(forwardClientCert()), {
        default: '`SANITIZE_SET`',
      }),
      proxyProtocol: field('Connections begin with a PROXY header.', optional(message({})), { default: 'none' }),
    }),
  ),
  proxyHeaders: proxySetting(
    'Headers that sidecars add.',
    message({
      forwardedClientCert: field(clientCertDescription, optional(forwardClientCert()), {
        default: '`APPEND_FORWARD`',
      }),
      setCurrentClientCertDetails: field('What is told of the client there.', optional(clientCertDetails)),
      requestId: field('The header `x-request-id`.', optional(message({ disabled }))),
      server: field(
        'The header `server`.',
        optional(message({ disabled, value: field('Its value.', optional(text(1024)), { default: 'istio-envoy' }) })),
      ),
      attemptCount: field('The header `x-envoy-attempt-count`.', optional(message({ disabled }))),
      envoyDebugHeaders: field('Headers such as `x-envoy-upstream-service-time`.', optional(message({ disabled }))),
      metadataExchangeHeaders: field(
        'The headers by which proxies tell each other who they are.',
        optional(
          message({
            mode: field(
              '`IN_MESH`: they are sent to services of the mesh only.',
              optional(enumeration({ UNDEFINED: 0, IN_MESH: 1 })),
            ),
          }),
        ),
      ),
      preserveHttp1HeaderCase: flag('Names of headers of HTTP/1 keep their case.', 'false'),
      xForwardedHost: field(
        'The header `x-forwarded-host`, where the host is rewritten.',
        optional(message({ enabled })),
      ),
      xForwardedPort: field('The header `x-forwarded-port`.', optional(message({ enabled }))),
    }),
  ),
}
