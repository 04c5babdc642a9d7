/** Route configurations as `envoy.config.route.v3.RouteConfiguration`. */

import { encodeMessage } from '../envoy-messages.ts'
import { encodeVirtualHost } from '../virtual-hosts/encode.ts'
import { durationFromMs, wrapped } from '../well-known.ts'
import type { RouteConfigurationIr } from './ir.ts'

export function encodeRouteConfiguration({ name, hosts, otherHosts }: RouteConfigurationIr): Uint8Array {
  return encodeMessage('envoy.config.route.v3.RouteConfiguration', {
    name,
    virtualHosts: hosts.map(host => encodeVirtualHost(host)),
    ...(otherHosts === 'pushed'
      ? {
          vhds: { configSource: { ads: {}, initialFetchTimeout: durationFromMs(0), resourceApiVersion: 'V3' } },
        }
      : {}),
    // A cluster may come after the route that names it.
    validateClusters: wrapped(false),
    maxDirectResponseBodySizeBytes: wrapped(1_048_576),
  })
}
