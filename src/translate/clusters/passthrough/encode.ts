/** Clusters that belong to no service → Envoy's Cluster message. */

import { encodeMessage, type Plain } from '../../envoy-messages.ts'
import { durationFromMs } from '../../well-known.ts'
import { circuitBreakers } from '../circuit-breakers.ts'
import { httpProtocolOptions } from '../http-protocol.ts'
import { localSource } from '../local-source.ts'
import type { PassthroughIr } from './ir.ts'

export function encodePassthrough(ir: PassthroughIr): Uint8Array {
  return encodeMessage('envoy.config.cluster.v3.Cluster', {
    name: ir.name,
    connectTimeout: durationFromMs(ir.connectTimeoutMs),
    ...fieldsOf(ir),
  })
}

function fieldsOf(ir: PassthroughIr): Plain {
  switch (ir.kind) {
    case 'black-hole':
      return { type: 'STATIC' }
    case 'passthrough':
      return originalDestination()
    case 'inbound-passthrough':
      return { ...originalDestination(), upstreamBindConfig: localSource(ir.family === 'ipv6' ? 'ipv6' : 'ipv4') }
  }
}

function originalDestination(): Plain {
  return {
    type: 'ORIGINAL_DST',
    lbPolicy: 'CLUSTER_PROVIDED',
    circuitBreakers: circuitBreakers({}),
    typedExtensionProtocolOptions: httpProtocolOptions({ upstream: 'downstream' }),
  }
}
