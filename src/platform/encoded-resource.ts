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

/**
 * Wraps the encoded message `value` of type `typeUrl`. Cost: one hash and one copy of `value`. The Any is field 2 of a
 * Resource and `resources` is field 2 of both responses, so that `any` is a part of `wrapped`.
 */
export function encodedResource(typeUrl: string, name: string, value: Uint8Array): EncodedResource {
  const version = createHash('sha256').update(value).digest('hex').slice(0, 16)
  const typeUrlBytes = Buffer.byteLength(typeUrl)
  const nameBytes = Buffer.byteLength(name)
  const anyBytes = fieldBytes(1, typeUrlBytes) + fieldBytes(2, value.length)
  const resourceBytes = fieldBytes(1, version.length) + fieldBytes(2, anyBytes) + fieldBytes(3, nameBytes)
  // Not of Buffer's pool: what lives long would hold the short-lived pieces beside it, ten times its own size.
  const wrapped = Buffer.allocUnsafeSlow(fieldBytes(2, resourceBytes))
  let at = writeHead(wrapped, 0, 2, resourceBytes)
  at = writeHead(wrapped, at, 1, version.length)
  at += wrapped.write(version, at, 'latin1')
  const anyStart = at
  at = writeHead(wrapped, at, 2, anyBytes)
  at = writeHead(wrapped, at, 1, typeUrlBytes)
  at += wrapped.write(typeUrl, at)
  at = writeHead(wrapped, at, 2, value.length)
  wrapped.set(value, at)
  at += value.length
  const any = wrapped.subarray(anyStart, at)
  at = writeHead(wrapped, at, 3, nameBytes)
  wrapped.write(name, at)
  return { name, version, wrapped, any }
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
  const out = Buffer.allocUnsafe(fieldBytes(field, bytes.length))
  out.set(bytes, writeHead(out, 0, field, bytes.length))
  return out
}

/** An unsigned LEB128 varint; `value` below 2^53. */
export function varint(value: number): Buffer {
  const out = Buffer.allocUnsafe(varintBytes(value))
  writeVarint(out, 0, value)
  return out
}

/** What a field of wire type 2 takes with `length` bytes in it. */
function fieldBytes(field: number, length: number): number {
  return varintBytes(field * 8 + 2) + varintBytes(length) + length
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}

/** Tag and length of a field of wire type 2; returns where its bytes begin. */
function writeHead(out: Buffer, at: number, field: number, length: number): number {
  return writeVarint(out, writeVarint(out, at, field * 8 + 2), length)
}

function writeVarint(out: Buffer, at: number, value: number): number {
  let next = at
  let rest = value
  while (rest >= 0x80) {
    out[next++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  out[next++] = rest
  return next
}
