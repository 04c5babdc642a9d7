/** Which HTTP version a cluster speaks to its endpoints, as `typed_extension_protocol_options`. */

import type { Protocol } from '../../discovery/service.ts'
import { any, type Plain } from '../envoy-messages.ts'
import { durationFromMs, wrapped } from '../well-known.ts'

/** `downstream`: what the caller spoke. */
export type UpstreamHttp = 'http1' | 'http2' | 'downstream'

export interface HttpIr {
  readonly upstream: UpstreamHttp
  readonly idleTimeoutMs?: number
  readonly maxRequestsPerConnection?: number
  readonly maxConcurrentStreams?: number
  /** Server name, and name in the certificate, are the request's authority. */
  readonly tlsNames?: 'from-authority'
}

/** Undefined: a port that carries no HTTP. */
export function upstreamHttpOf(protocol: Protocol): UpstreamHttp | undefined {
  switch (protocol) {
    case 'http':
      return 'http1'
    case 'http2':
    case 'grpc':
    case 'grpc-web':
      return 'http2'
    case 'auto':
      return 'downstream'
    case 'https':
    case 'tls':
    case 'tcp':
    case 'udp':
    case 'mongo':
    case 'mysql':
    case 'redis':
      return undefined
  }
}

/** Nearly all clusters have one of two or three: encoded once, which is a fifth of what a cluster costs. */
export function httpProtocolOptions(http: HttpIr): Plain {
  const key = JSON.stringify(http)
  const known = encoded.get(key)
  if (known !== undefined) return known
  const options = encodedOptions(http)
  if (encoded.size >= mostEncoded) encoded.clear()
  encoded.set(key, options)
  return options
}

const encoded = new Map<string, Plain>()
const mostEncoded = 256

function encodedOptions(http: HttpIr): Plain {
  const common = {
    ...(http.idleTimeoutMs === undefined ? {} : { idleTimeout: durationFromMs(http.idleTimeoutMs) }),
    ...(http.maxRequestsPerConnection === undefined
      ? {}
      : { maxRequestsPerConnection: wrapped(http.maxRequestsPerConnection) }),
  }
  return {
    [extension]: any(extension, {
      ...(Object.keys(common).length === 0 ? {} : { commonHttpProtocolOptions: common }),
      ...(http.tlsNames === undefined
        ? {}
        : { upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true } }),
      ...versionOptions(http),
    }),
  }
}

const extension = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

function versionOptions({ upstream, maxConcurrentStreams }: HttpIr): Plain {
  const http2ProtocolOptions =
    maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams: wrapped(maxConcurrentStreams) }
  switch (upstream) {
    case 'http1':
      return { explicitHttpConfig: { httpProtocolOptions: {} } }
    case 'http2':
      return { explicitHttpConfig: { http2ProtocolOptions } }
    case 'downstream':
      return { useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions } }
  }
}
