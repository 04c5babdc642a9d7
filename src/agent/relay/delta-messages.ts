/**
 * The incremental variant, as far as the relay reads and writes it. Field numbers from
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/discovery/v3/discovery.proto.
 */

import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { textField, wireFields } from '../wire-fields.ts'

export interface DeltaRequest {
  readonly node: Buffer | undefined
  readonly typeUrl: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly initialVersions: ReadonlyMap<string, string>
  readonly nonce: string
  readonly isRefusal: boolean
}

export interface DeltaResponse {
  readonly typeUrl: string
  readonly nonce: string
  readonly resources: readonly HeldResource[]
  readonly removed: readonly string[]
}

/** A resource as it was sent; `bytes` is the message Resource (delta) or Any (state of the world). */
export interface HeldResource {
  readonly name: string
  readonly version: string
  readonly bytes: Buffer
}

export const deltaNodeField = 1

export function parseDeltaRequest(body: Uint8Array): DeltaRequest {
  const subscribe: string[] = []
  const unsubscribe: string[] = []
  const initialVersions = new Map<string, string>()
  let [node, typeUrl, nonce, isRefusal]: [Buffer | undefined, string, string, boolean] = [undefined, '', '', false]
  for (const { field, bytes } of wireFields(body)) {
    if (field === deltaNodeField) node = bytes
    else if (field === 2) typeUrl = bytes.toString('utf8')
    else if (field === 3) subscribe.push(bytes.toString('utf8'))
    else if (field === 4) unsubscribe.push(bytes.toString('utf8'))
    else if (field === 5) initialVersions.set(textField(bytes, 1), textField(bytes, 2))
    else if (field === 6) nonce = bytes.toString('utf8')
    else if (field === 7) isRefusal = true
  }
  return { node, typeUrl, subscribe, unsubscribe, initialVersions, nonce, isRefusal }
}

export function parseDeltaResponse(body: Uint8Array): DeltaResponse {
  const resources: HeldResource[] = []
  const removed: string[] = []
  let [typeUrl, nonce] = ['', '']
  for (const { field, bytes } of wireFields(body)) {
    if (field === 2) resources.push({ name: textField(bytes, 3), version: textField(bytes, 1), bytes })
    else if (field === 4) typeUrl = bytes.toString('utf8')
    else if (field === 5) nonce = bytes.toString('utf8')
    else if (field === 6) removed.push(bytes.toString('utf8'))
    else if (field === 8) removed.push(textField(bytes, 1))
  }
  return { typeUrl, nonce, resources, removed }
}

export interface DeltaRequestParts {
  readonly typeUrl: string
  readonly subscribe: Iterable<string>
  readonly unsubscribe?: Iterable<string>
  readonly initialVersions?: ReadonlyMap<string, string>
}

/** A request of its own: it answers no response. */
export function deltaRequest(parts: DeltaRequestParts): Buffer {
  const fields = [text(2, parts.typeUrl)]
  for (const name of parts.subscribe) fields.push(text(3, name))
  for (const name of parts.unsubscribe ?? []) fields.push(text(4, name))
  for (const [name, version] of parts.initialVersions ?? []) {
    fields.push(lengthDelimited(5, Buffer.concat([text(1, name), text(2, version)])))
  }
  return Buffer.concat(fields)
}

export function deltaResponse({ typeUrl, nonce, resources, removed }: DeltaResponse): Buffer {
  const fields: Buffer[] = []
  for (const { bytes } of resources) fields.push(lengthDelimited(2, bytes))
  fields.push(text(4, typeUrl), text(5, nonce))
  for (const name of removed) fields.push(text(6, name))
  return Buffer.concat(fields)
}

function text(field: number, value: string): Buffer {
  return lengthDelimited(field, Buffer.from(value))
}
