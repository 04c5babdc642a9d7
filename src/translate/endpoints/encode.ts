/**
 * Endpoints → bytes. The bytes of an endpoint are made once and copied into every assignment that holds it; a test
 * compares the result with the codec's.
 */

import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { encodeMessage, type Plain } from '../envoy-messages.ts'
import { revokedMetadata } from '../revocation/revoked-metadata.ts'
import { structFrom, wrapped } from '../well-known.ts'
import type { AssignmentIr, EndpointIr, LocalityIr } from './ir.ts'

// Field numbers of envoy/config/endpoint/v3/endpoint.proto and endpoint_components.proto.
const clusterNameField = 1
const endpointsField = 2
const localityField = 1
const lbEndpointsField = 2
const localityWeightField = 3

export function encodeAssignment(ir: AssignmentIr): Uint8Array {
  const parts = [lengthDelimited(clusterNameField, Buffer.from(ir.cluster))]
  for (const locality of ir.localities) parts.push(lengthDelimited(endpointsField, encodeLocality(locality)))
  return Buffer.concat(parts)
}

/** The same as a message, for clusters that hold their endpoints. */
export function assignmentMessage(ir: AssignmentIr): Plain {
  return {
    clusterName: ir.cluster,
    endpoints: ir.localities.map(({ locality, endpoints }) => ({
      ...(locality === undefined ? {} : { locality }),
      lbEndpoints: endpoints.map(endpointMessage),
      loadBalancingWeight: wrapped(weightOf(endpoints)),
    })),
  }
}

function encodeLocality({ locality, endpoints }: LocalityIr): Uint8Array {
  const parts: Uint8Array[] = []
  if (locality !== undefined) {
    parts.push(lengthDelimited(localityField, encodeMessage('envoy.config.core.v3.Locality', { ...locality })))
  }
  for (const endpoint of endpoints) parts.push(endpointBytes(endpoint))
  const weight = encodeMessage('google.protobuf.UInt32Value', { value: weightOf(endpoints) })
  parts.push(lengthDelimited(localityWeightField, weight))
  return Buffer.concat(parts)
}

/** With tag and length. Kept as long as the endpoint is interned. */
const bytesByEndpoint = new WeakMap<EndpointIr, Buffer>()

function endpointBytes(endpoint: EndpointIr): Buffer {
  let bytes = bytesByEndpoint.get(endpoint)
  if (bytes === undefined) {
    const message = encodeMessage('envoy.config.endpoint.v3.LbEndpoint', endpointMessage(endpoint))
    bytes = lengthDelimited(lbEndpointsField, message)
    bytesByEndpoint.set(endpoint, bytes)
  }
  return bytes
}

function endpointMessage({ address, port, health, weight, tlsMode, workload, revoked }: EndpointIr): Plain {
  const metadata: Record<string, unknown> = workload === '' ? {} : { istio: structFrom({ workload }) }
  if (tlsMode === 'istio') metadata['envoy.transport_socket_match'] = structFrom({ tlsMode: 'istio' })
  if (revoked !== '') Object.assign(metadata, revokedMetadata(revoked.split(',')))
  return {
    endpoint: { address: addressMessage(address, port) },
    healthStatus: health.toUpperCase(),
    metadata: { filterMetadata: metadata },
    loadBalancingWeight: wrapped(weight),
  }
}

export function addressMessage(address: string, port: number): Plain {
  if (address.startsWith(unixPrefix)) return { pipe: { path: address.slice(unixPrefix.length) } }
  return { socketAddress: { address, portValue: port } }
}

const unixPrefix = 'unix://'

function weightOf(endpoints: readonly EndpointIr[]): number {
  return endpoints.reduce((sum, { weight }) => sum + weight, 0)
}
