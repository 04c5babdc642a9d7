/**
 * Where revocation stands in a filter chain whose peers have certificates. The filters are always there, so that a
 * revocation pushes no listener:
 *
 *   HTTP: a resource of the whole mesh, asked at each request, also of connections that are open
 *   TCP:  another one, asked at the first byte of a connection; and the list at the endpoint, asked at each byte
 */

import { any, type Plain, typeUrlPrefix } from '../envoy-messages.ts'
import { durationFromMs } from '../well-known.ts'
import { peerIsListedAtEndpoint } from './revoked-condition.ts'

export const rbacOf = {
  http: 'envoy.extensions.filters.http.rbac.v3.RBAC',
  tcp: 'envoy.extensions.filters.network.rbac.v3.RBAC',
} as const

/** The name of the filter, and of the resource with its configuration. */
export const revocationFilterName = (layer: 'http' | 'tcp'): string => `revocation-${layer}`

export function revocationFilter(layer: 'http' | 'tcp'): Plain {
  return {
    name: revocationFilterName(layer),
    configDiscovery: {
      configSource: { ads: {}, initialFetchTimeout: durationFromMs(0), resourceApiVersion: 'V3' },
      typeUrls: [typeUrlPrefix + rbacOf[layer]],
    },
  }
}

/** Ends open TCP connections at their next byte. `peer`: whose certificate is looked at. */
export function openConnectionFilter(peer: 'downstream' | 'upstream'): Plain {
  return {
    name: 'revocation-open',
    typedConfig: any(rbacOf.tcp, {
      statPrefix: 'revocation_open.',
      enforcementType: 'CONTINUOUS',
      rules: {
        action: 'DENY',
        policies: {
          'revoked-certificate': {
            permissions: [{ any: true }],
            principals: [{ any: true }],
            condition: peerIsListedAtEndpoint(peer),
          },
        },
      },
    }),
  }
}
