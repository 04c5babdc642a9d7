/** HTTP filters in the order in which they act. Only those of a stock Envoy. */

import { any, type Plain } from '../envoy-messages.ts'
import { revocationFilter } from '../revocation/revocation-filters.ts'
import { type AuthorizationIr, authorizationFilters } from './authorization-filters.ts'

export interface InboundHttp {
  readonly authorization: AuthorizationIr
  readonly grpcWeb: 'translated' | 'as-is'
  /** `certified`: clients have shown a certificate, which may be revoked. */
  readonly clients: 'certified' | 'anonymous'
}

/** Who is revoked gets no further than the first filter. */
export function inboundHttpFilters({ authorization, grpcWeb, clients }: InboundHttp): readonly Plain[] {
  return [
    ...(clients === 'certified' ? [revocationFilter('http')] : []),
    ...authorizationFilters(authorization, 'http'),
    ...(grpcWeb === 'translated' ? [grpcWebFilter()] : []),
    grpcStats(),
    fault(),
    cors(),
    router(),
  ]
}

export const outboundHttpFilters = (): readonly Plain[] => [grpcStats(), alpn(), fault(), cors(), router()]

const filters = 'envoy.extensions.filters.http'

const grpcWebFilter = (): Plain => ({
  name: 'envoy.filters.http.grpc_web',
  typedConfig: any(`${filters}.grpc_web.v3.GrpcWeb`, {}),
})

const grpcStats = (): Plain => ({
  name: 'envoy.filters.http.grpc_stats',
  typedConfig: any(`${filters}.grpc_stats.v3.FilterConfig`, {
    emitFilterState: true,
    statsForAllMethods: { value: false },
  }),
})

/**
 * Tells the server inside TLS that this is HTTP, and which: the cluster's metadata names the protocols to offer for the
 * request's. Without it an HTTP call lands in the server's TCP chain, past every HTTP policy.
 */
const alpn = (): Plain => ({
  name: 'envoy.filters.http.set_filter_state',
  typedConfig: any(`${filters}.set_filter_state.v3.Config`, {
    onRequestHeaders: [
      {
        objectKey: 'envoy.network.application_protocols',
        skipIfEmpty: true,
        formatString: {
          omitEmptyValues: true,
          textFormatSource: {
            inlineString: '%CEL(xds.cluster_metadata.filter_metadata["meshwright.alpn"][request.protocol])%',
          },
        },
      },
    ],
  }),
})

const fault = (): Plain => ({
  name: 'envoy.filters.http.fault',
  typedConfig: any(`${filters}.fault.v3.HTTPFault`, {}),
})

const cors = (): Plain => ({ name: 'envoy.filters.http.cors', typedConfig: any(`${filters}.cors.v3.Cors`, {}) })

const router = (): Plain => ({
  name: 'envoy.filters.http.router',
  typedConfig: any(`${filters}.router.v3.Router`, {}),
})
