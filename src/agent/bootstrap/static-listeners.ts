/** The listeners that are there before any configuration arrives: each forwards one path to one static cluster. */

import { formatSocketAddress, type SocketAddress } from '../socket-address.ts'

export function forwardingListener(address: SocketAddress, path: string, cluster: string): Record<string, unknown> {
  const name = formatSocketAddress(address).replace(/:(\d+)$/, '_$1')
  return {
    name,
    address: socketAddress(address),
    // Health and metrics must answer even when the connection limit is reached.
    ignore_global_conn_limit: true,
    // With it, two Envoys on one port would share it silently; without it, the second one fails and says so.
    enable_reuse_port: false,
    filter_chains: [{ filters: [connectionManager(path, cluster)] }],
  }
}

export function socketAddress(address: SocketAddress): Record<string, unknown> {
  return { socket_address: { address: address.host, port_value: address.port } }
}

function connectionManager(path: string, cluster: string): Record<string, unknown> {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      stat_prefix: cluster,
      route_config: {
        name: cluster,
        virtual_hosts: [{ name: cluster, domains: ['*'], routes: [{ match: { path }, route: { cluster } }] }],
      },
      http_filters: [
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
        },
      ],
    },
  }
}
