/**
 * One xDS resource, encoded once and shared by every stream that sends it.
 * Framing after https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/discovery/v3/discovery.proto.
 */

import { createHash } from 'node:crypto'

export interface EncodedResource {
  readonly name: string
  /** Hash of the content: equal contents have equal versions, also across restarts and replicas. */
  readonly version: string
  /** A `resources` entry of DeltaDiscoveryResponse (field 2: tag, length, Resource{name 3, version 1, resource 2}). */
  readonly wrapped: Buffer
  /** A `resources` entry of DiscoveryResponse (field 2: tag, length, Any{type_url 1, value 2}). */
  readonly any: Buffer
}

/** Wraps the encoded message `value` of type `typeUrl`. Cost: one hash and two copies of `value`. */
export function encodedResource(typeUrl: string, name: string, value: Uint8Array): EncodedResource {
  const version = createHash('sha256').update(value).digest('hex').slice(0, 16)
  const anyBody = Buffer.concat([lengthDelimited(1, Buffer.from(typeUrl)), lengthDelimited(2, value)])
  const resource = Buffer.concat([
    lengthDelimited(1, Buffer.from(version)),
    lengthDelimited(2, anyBody),
    lengthDelimited(3, Buffer.from(name)),
  ])
  return { name, version, wrapped: lengthDelimited(2, resource), any: lengthDelimited(2, anyBody) }
}

/** The message that the resource was made of: the value of its Any. Cost: a few bytes read, nothing copied. */
export function messageBytes(resource: EncodedResource): Buffer {
  let at = skipTag(resource.any, 0).body
  const typeUrl = skipTag(resource.any, at)
  at = typeUrl.body + typeUrl.length
  const value = skipTag(resource.any, at)
  return resource.any.subarray(value.body, value.body + value.length)
}

/** Where the body of the length-delimited field at `at` begins, and its length. Field numbers here are below 16. */
function skipTag(bytes: Buffer, at: number): { readonly body: number; readonly length: number } {
  let length = 0
  let scale = 1
  let next = at + 1
  for (;;) {
    const byte = bytes[next++] ?? 0
    length += (byte & 0x7f) * scale
    if (byte < 0x80) return { body: next, length }
    scale *= 0x80
  }
}

/** A protobuf field of wire type 2: tag, length, bytes. */
export function lengthDelimited(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}

/** An unsigned LEB128 varint; `value` below 2^53. */
export function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  out.push(rest)
  return Buffer.from(out)
}
