/** The clusters that are there before any configuration arrives. */

import type { SocketAddress } from '../socket-address.ts'
import { socketAddress } from './static-listeners.ts'

/** HTTP/1.1 to one address. */
export function staticCluster(name: string, address: SocketAddress): Record<string, unknown> {
  return clusterOf(name, socketAddress(address))
}

/** gRPC over a Unix socket. */
export function staticGrpcCluster(name: string, socketPath: string): Record<string, unknown> {
  return {
    ...clusterOf(name, { pipe: { path: socketPath } }),
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  }
}

function clusterOf(name: string, address: Record<string, unknown>): Record<string, unknown> {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  }
}
