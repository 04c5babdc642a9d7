/**
 * Discovery responses put together from bytes that exist: fields version 1, resources 2, type_url 4, nonce 5 and
 * removed_resources 6 have the same numbers in DiscoveryResponse and DeltaDiscoveryResponse
 * (https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/discovery/v3/discovery.proto).
 */

import { lengthDelimited } from '../platform/encoded-resource.ts'
import { framePrefix } from '../platform/rpc.ts'

export interface ResponseHead {
  readonly typeUrl: string
  readonly versionInfo: string
  readonly nonce: string
}

/** The gRPC prefix and the fields of `head`, for a response whose other fields take `bodyBytes`. */
export function spliceHead(head: ResponseHead, bodyBytes: number): Buffer {
  const fields = Buffer.concat([
    lengthDelimited(1, Buffer.from(head.versionInfo)),
    lengthDelimited(4, Buffer.from(head.typeUrl)),
    lengthDelimited(5, Buffer.from(head.nonce)),
  ])
  return Buffer.concat([framePrefix(fields.length + bodyBytes), fields])
}

/** An entry of `removed_resources`. */
export function spliceRemoved(name: string): Buffer {
  return lengthDelimited(6, Buffer.from(name))
}
