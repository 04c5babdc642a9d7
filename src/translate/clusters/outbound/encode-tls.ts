/** Transport sockets of an outbound cluster. */

import { any, type Plain } from '../../envoy-messages.ts'
import { fileFromAgent, meshCertificates } from '../../mesh-certificates.ts'
import { structFrom } from '../../well-known.ts'
import type { UpstreamHttp } from '../http-protocol.ts'
import type { ClientTlsIr } from './ir.ts'

/** The fields of the cluster; `upstream` is undefined where the port carries no HTTP. */
export function transportSockets(tls: ClientTlsIr, upstream: UpstreamHttp | undefined): Plain {
  switch (tls.kind) {
    case 'plaintext':
      return {}
    case 'origination':
      return { transportSocket: tlsSocket(originationContext(tls)) }
    case 'mesh': {
      const socket = tlsSocket(meshContext(tls, upstream))
      if (tls.when === 'always') return { transportSocket: socket }
      return {
        transportSocketMatches: [
          { name: 'tlsMode-istio', match: structFrom({ tlsMode: 'istio' }), transportSocket: socket },
          { name: 'tlsMode-disabled', match: structFrom({}), transportSocket: rawBufferSocket() },
        ],
      }
    }
  }
}

/**
 * By request protocol, what an outbound HTTP filter puts in place of the context's own ALPN list, so that the server
 * takes the connection for HTTP and applies its HTTP policies. The key is the protocol of the request, the value that of
 * the connection to the server: both are the same only where the cluster follows its caller.
 */
export function alpnMetadata(tls: ClientTlsIr, upstream: UpstreamHttp | undefined): Record<string, string> | undefined {
  if (tls.kind !== 'mesh') return undefined
  switch (upstream ?? 'http1') {
    case 'http1':
      return { 'HTTP/1.0': alpnHttp1, 'HTTP/1.1': alpnHttp1, 'HTTP/2': alpnHttp1 }
    case 'http2':
      return { 'HTTP/1.0': alpnHttp2, 'HTTP/1.1': alpnHttp2, 'HTTP/2': alpnHttp2 }
    case 'downstream':
      return { 'HTTP/1.0': alpnHttp1, 'HTTP/1.1': alpnHttp1, 'HTTP/2': alpnHttp2 }
  }
}

const alpnHttp1 = 'istio-http/1.1,istio,http/1.1'
const alpnHttp2 = 'istio-h2,istio,h2'

function meshContext(tls: ClientTlsIr & { readonly kind: 'mesh' }, upstream: UpstreamHttp | undefined): Plain {
  return {
    commonTlsContext: {
      // Without a maximum Envoy's clients stay at TLS 1.2.
      tlsParams: { tlsMinimumProtocolVersion: tls.minimumVersion, tlsMaximumProtocolVersion: 'TLSv1_3' },
      alpnProtocols: ['istio-peer-exchange', 'istio', ...(upstream === 'http2' ? ['h2'] : [])],
      ...meshCertificates(tls),
    },
    sni: tls.sni,
  }
}

function originationContext(tls: ClientTlsIr & { readonly kind: 'origination' }): Plain {
  const { trust, client } = tls
  return {
    commonTlsContext: {
      tlsParams: { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' },
      ...(tls.alpn.length === 0 ? {} : { alpnProtocols: tls.alpn }),
      ...(client === undefined
        ? {}
        : {
            tlsCertificateSdsSecretConfigs: [fileFromAgent(`file-cert:${client.certificate}~${client.privateKey}`)],
          }),
      ...(trust.kind === 'nobody-verified'
        ? {}
        : {
            combinedValidationContext: {
              defaultValidationContext: {
                ...(trust.crl === undefined ? {} : { crl: { filename: trust.crl } }),
                matchTypedSubjectAltNames: tls.subjectAltNames.map(name => ({
                  sanType: sanType(name),
                  matcher: { exact: name },
                })),
              },
              validationContextSdsSecretConfig: fileFromAgent(
                trust.kind === 'system' ? 'file-root:system' : `file-root:${trust.path}`,
              ),
            },
          }),
    },
    ...(tls.sni === '' ? {} : { sni: tls.sni }),
  }
}

function sanType(name: string): 'URI' | 'IP_ADDRESS' | 'DNS' {
  if (name.includes('://')) return 'URI'
  return /^[0-9.]+$/.test(name) || name.includes(':') ? 'IP_ADDRESS' : 'DNS'
}

function tlsSocket(context: Plain): Plain {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: any('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', context),
  }
}

function rawBufferSocket(): Plain {
  return {
    name: 'envoy.transport_sockets.raw_buffer',
    typedConfig: any('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer', {}),
  }
}
