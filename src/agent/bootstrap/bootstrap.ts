/**
 * Envoy's bootstrap as proto JSON: the node, ADS over the agent's socket, and the static clusters that generated
 * configuration refers to by name (`xds-grpc`, `sds-grpc`, `agent`, `prometheus_stats`). Pure: no file, no environment.
 * Reference: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/bootstrap/v3/bootstrap.proto.
 */

import type { XdsVariant } from '../../xds/table-set.ts'
import type { SocketAddress } from '../socket-address.ts'
import { nodeFor, type WorkloadFacts } from './node.ts'
import { staticCluster, staticGrpcCluster } from './static-clusters.ts'
import { forwardingListener, socketAddress } from './static-listeners.ts'

export interface BootstrapInput {
  readonly workload: WorkloadFacts
  readonly xdsVariant: XdsVariant
  /** Paths of the agent's Unix sockets. */
  readonly xdsSocket: string
  readonly sdsSocket: string
  readonly admin: SocketAddress
  /** The agent's own HTTP server. */
  readonly status: SocketAddress
  /** Where `/healthz/ready` is answered through Envoy; undefined: nowhere. */
  readonly health: SocketAddress | undefined
  /** Where Envoy's `/stats/prometheus` is served; undefined: nowhere. */
  readonly prometheus: SocketAddress | undefined
  readonly maxDownstreamConnections: number
}

export function bootstrapFor(input: BootstrapInput): Readonly<Record<string, unknown>> {
  return {
    node: nodeFor(input.workload),
    admin: { address: socketAddress(input.admin), ignore_global_conn_limit: true },
    dynamic_resources: dynamicResources(input.xdsVariant),
    static_resources: {
      clusters: [
        staticGrpcCluster('xds-grpc', input.xdsSocket),
        staticGrpcCluster('sds-grpc', input.sdsSocket),
        staticCluster('agent', input.status),
        staticCluster('prometheus_stats', input.admin),
      ],
      listeners: [
        ...(input.health === undefined ? [] : [forwardingListener(input.health, '/healthz/ready', 'agent')]),
        ...(input.prometheus === undefined
          ? []
          : [forwardingListener(input.prometheus, '/stats/prometheus', 'prometheus_stats')]),
      ],
    },
    // Generated listeners may chain to each other inside Envoy; without the extension Envoy refuses those listeners.
    bootstrap_extensions: [
      {
        name: 'envoy.bootstrap.internal_listener',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener',
        },
      },
    ],
    layered_runtime: {
      layers: [
        // Envoy's default of 100 refuses regular expressions that users write in routes.
        { name: 'static', static_layer: { 're2.max_program_size.error_level': 32_768 } },
        { name: 'admin', admin_layer: {} },
      ],
    },
    overload_manager: overloadManager(input.maxDownstreamConnections),
  }
}

function dynamicResources(variant: XdsVariant): Record<string, unknown> {
  // No fetch timeout: Envoy waits for its configuration instead of starting without it.
  const overAds = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' }
  return {
    ads_config: {
      api_type: variant === 'delta' ? 'DELTA_GRPC' : 'GRPC',
      transport_api_version: 'V3',
      set_node_on_first_message_only: true,
      grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc', retry_policy: agentRestartRetry } }],
    },
    cds_config: overAds,
    lds_config: overAds,
  }
}

/** The agent is on the same machine: come back quickly. */
const agentRestartRetry = { retry_back_off: { base_interval: '0.1s', max_interval: '1s' } }

function overloadManager(maxDownstreamConnections: number): Record<string, unknown> {
  return {
    resource_monitors: [
      {
        name: 'envoy.resource_monitors.global_downstream_max_connections',
        typed_config: {
          '@type':
            'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
          max_active_downstream_connections: maxDownstreamConnections,
        },
      },
    ],
  }
}
