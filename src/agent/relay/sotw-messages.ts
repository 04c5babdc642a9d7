/**
 * The state-of-the-world variant, as far as the relay reads and writes it. Field numbers from
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/discovery/v3/discovery.proto.
 */

import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { textField, wireFields } from '../wire-fields.ts'
import type { HeldResource } from './delta-messages.ts'

export interface SotwRequest {
  readonly node: Buffer | undefined
  readonly version: string
  readonly typeUrl: string
  readonly names: readonly string[]
  readonly nonce: string
  readonly isRefusal: boolean
}

export interface SotwResponse {
  readonly version: string
  readonly typeUrl: string
  readonly nonce: string
  readonly resources: readonly HeldResource[]
}

export const sotwNodeField = 2

export function parseSotwRequest(body: Uint8Array): SotwRequest {
  const names: string[] = []
  let node: Buffer | undefined
  let [version, typeUrl, nonce, isRefusal] = ['', '', '', false]
  for (const { field, bytes } of wireFields(body)) {
    if (field === 1) version = bytes.toString('utf8')
    else if (field === sotwNodeField) node = bytes
    else if (field === 3) names.push(bytes.toString('utf8'))
    else if (field === 4) typeUrl = bytes.toString('utf8')
    else if (field === 5) nonce = bytes.toString('utf8')
    else if (field === 6) isRefusal = true
  }
  return { node, version, typeUrl, names, nonce, isRefusal }
}

export function parseSotwResponse(body: Uint8Array): SotwResponse {
  const contents: Buffer[] = []
  let [version, typeUrl, nonce] = ['', '', '']
  for (const { field, bytes } of wireFields(body)) {
    if (field === 1) version = bytes.toString('utf8')
    else if (field === 2) contents.push(bytes)
    else if (field === 4) typeUrl = bytes.toString('utf8')
    else if (field === 5) nonce = bytes.toString('utf8')
  }
  return { version, typeUrl, nonce, resources: contents.map(bytes => ({ name: nameInAny(bytes), version, bytes })) }
}

export interface SotwRequestParts {
  readonly typeUrl: string
  readonly version: string
  readonly nonce: string
  readonly names: Iterable<string>
}

export function sotwRequest(parts: SotwRequestParts): Buffer {
  const fields = [text(1, parts.version)]
  for (const name of parts.names) fields.push(text(3, name))
  fields.push(text(4, parts.typeUrl), text(5, parts.nonce))
  return Buffer.concat(fields)
}

export interface SotwResponseParts {
  readonly typeUrl: string
  readonly version: string
  readonly nonce: string
}

export function sotwResponse(parts: SotwResponseParts, resources: Iterable<HeldResource>): Buffer {
  const fields = [text(1, parts.version)]
  for (const { bytes } of resources) fields.push(lengthDelimited(2, bytes))
  fields.push(text(4, parts.typeUrl), text(5, parts.nonce))
  return Buffer.concat(fields)
}

/** Every type that Envoy fetches has its name as text in field 1; the wrapper Resource has it in field 3. */
function nameInAny(any: Buffer): string {
  let [typeUrl, value] = ['', any.subarray(0, 0)]
  for (const { field, bytes } of wireFields(any)) {
    if (field === 1) typeUrl = bytes.toString('utf8')
    else if (field === 2) value = bytes
  }
  return textField(value, typeUrl === wrapperType ? 3 : 1)
}

const wrapperType = 'type.googleapis.com/envoy.service.discovery.v3.Resource'

/** Protobuf leaves empty fields out. */
function text(field: number, value: string): Buffer {
  return value === '' ? Buffer.alloc(0) : lengthDelimited(field, Buffer.from(value))
}
