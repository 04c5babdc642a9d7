/** One inbound cluster → Envoy's Cluster message. */

import { addressMessage } from '../../endpoints/encode.ts'
import { encodeMessage, type Plain } from '../../envoy-messages.ts'
import { durationFromMs } from '../../well-known.ts'
import { circuitBreakers } from '../circuit-breakers.ts'
import { httpProtocolOptions } from '../http-protocol.ts'
import { localSource } from '../local-source.ts'
import type { InboundClusterIr } from './ir.ts'

export function encodeInboundCluster(ir: InboundClusterIr): Uint8Array {
  return encodeMessage('envoy.config.cluster.v3.Cluster', {
    name: ir.name,
    connectTimeout: durationFromMs(ir.connectTimeoutMs),
    circuitBreakers: circuitBreakers({}),
    ...targetFields(ir),
    ...(ir.http === undefined ? {} : { typedExtensionProtocolOptions: httpProtocolOptions(ir.http) }),
  })
}

function targetFields({ name, target }: InboundClusterIr): Plain {
  switch (target.kind) {
    case 'original-destination':
      return { type: 'ORIGINAL_DST', lbPolicy: 'CLUSTER_PROVIDED', upstreamBindConfig: localSource(target.family) }
    case 'discovered':
      return {
        type: 'EDS',
        edsClusterConfig: {
          edsConfig: { ads: {}, initialFetchTimeout: durationFromMs(0), resourceApiVersion: 'V3' },
        },
        ...(target.source === undefined ? {} : { upstreamBindConfig: localSource(target.source) }),
      }
    case 'address':
      return {
        type: 'STATIC',
        loadAssignment: {
          clusterName: name,
          endpoints: [{ lbEndpoints: [{ endpoint: { address: addressMessage(target.address, target.port) } }] }],
        },
        ...(target.source === undefined ? {} : { upstreamBindConfig: localSource(target.source) }),
      }
  }
}
