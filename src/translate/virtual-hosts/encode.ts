/** Virtual hosts as `envoy.config.route.v3.VirtualHost`. */

import type { Plain } from '../envoy-messages.ts'
import { encodeRoute } from './encode-route.ts'
import type { VirtualHostIr } from './ir.ts'

/** `prefix` is what the name begins with: nothing inside a route configuration, `ROUTE/` for one that travels alone. */
export function encodeVirtualHost(host: VirtualHostIr, prefix = ''): Plain {
  return {
    name: prefix + host.name,
    domains: host.domains,
    routes: host.routes.map(encodeRoute),
    includeRequestAttemptCount: true,
  }
}
