/**
 * Where the application behind a port that carries more than HTTP is: always the same single endpoint. It is discovered
 * only because its metadata can then carry what is revoked, which Envoy's filters ask at each byte of an open connection.
 */

import { inboundClusterName } from '../clusters/inbound/kind.ts'
import { inboundPortsOf, isDiscovered } from '../clusters/inbound/ports.ts'
import { addressIn } from '../clusters/inbound/resolve.ts'
import { addressMessage } from '../endpoints/encode.ts'
import { encodeMessage } from '../envoy-messages.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { revokedMetadata } from '../revocation/revoked-metadata.ts'
import { endpointType } from '../type-urls.ts'

export interface InboundEndpoint {
  readonly cluster: string
  readonly address: string
  /** 0: the address is a socket file. */
  readonly port: number
}

export interface InboundEndpointIr extends InboundEndpoint {
  readonly kind: 'inbound-endpoint'
  readonly revoked: readonly string[]
}

export const inboundEndpointsKind: ResourceKind<readonly InboundEndpoint[], InboundEndpoint, InboundEndpointIr> = {
  name: 'inbound-endpoints',
  typeUrl: endpointType,
  facetOf(proxy, facts) {
    const endpoints = inboundPortsOf(proxy, facts)
      .filter(isDiscovered)
      .map(({ port, target }) => {
        const own = target.startsWith('own:')
        const at = own ? { address: proxy.ipAddresses[0] ?? '', port } : addressIn(target)
        return { cluster: inboundClusterName(port), address: at.address, port: at.port }
      })
    return endpoints.length === 0 ? undefined : endpoints
  },
  keyOf: endpoints => endpoints.map(({ cluster, address, port }) => `${cluster}${address}:${port}`).join(','),
  list: endpoints => endpoints.map(endpoint => [endpoint.cluster, endpoint]),
  resolve: (_facet, _name, endpoint, facts) => ({
    kind: 'inbound-endpoint',
    ...endpoint,
    revoked: facts.revokedPeers.get('mesh')?.digests ?? [],
  }),
  encode: ({ cluster, address, port, revoked }) =>
    encodeMessage('envoy.config.endpoint.v3.ClusterLoadAssignment', {
      clusterName: cluster,
      endpoints: [
        {
          lbEndpoints: [
            {
              endpoint: { address: addressMessage(address, port) },
              ...(revoked.length === 0 ? {} : { metadata: { filterMetadata: revokedMetadata(revoked) } }),
            },
          ],
        },
      ],
    }),
}
