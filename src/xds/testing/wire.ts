/** Requests and responses through the published protos: what the server's own decoder and splicing are held against. */

import { loadProtos } from '../../platform/protobuf.ts'
import type { XdsVariant } from '../table-set.ts'

const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])
const discovery = 'envoy.service.discovery.v3'

export interface WireRequest {
  readonly node?: Readonly<Record<string, unknown>>
  readonly typeUrl?: string
  readonly responseNonce?: string
  readonly errorDetail?: { readonly code?: number; readonly message: string }
  /** State of the world. */
  readonly resourceNames?: readonly string[]
  readonly versionInfo?: string
  /** Delta. */
  readonly resourceNamesSubscribe?: readonly string[]
  readonly resourceNamesUnsubscribe?: readonly string[]
  readonly initialResourceVersions?: Readonly<Record<string, string>>
}

export interface WireResponse {
  readonly typeUrl: string
  readonly nonce: string
  readonly version: string
  /** Name (state of the world: the value itself, see `testResource`) → value. */
  readonly resources: ReadonlyMap<string, string>
  readonly versions: ReadonlyMap<string, string>
  readonly removed: readonly string[]
}

export function encodeRequest(variant: XdsVariant, request: WireRequest): Uint8Array {
  const type = root.lookupType(`${discovery}.${variant === 'delta' ? 'DeltaDiscoveryRequest' : 'DiscoveryRequest'}`)
  return type.encode(type.fromObject({ ...request })).finish()
}

export function encodeResponse(variant: XdsVariant, response: Readonly<Record<string, unknown>>): Uint8Array {
  const type = root.lookupType(`${discovery}.${variant === 'delta' ? 'DeltaDiscoveryResponse' : 'DiscoveryResponse'}`)
  return type.encode(type.fromObject(response)).finish()
}

interface Any {
  type_url: string
  value: Uint8Array
}

/** Values are `NAME=CONTENT`, so that a state-of-the-world response shows names too. */
export function decodeResponse(variant: XdsVariant, body: Uint8Array): WireResponse {
  const resources = new Map<string, string>()
  const versions = new Map<string, string>()
  const put = (any: Any, typeUrl: string, version: string): string => {
    if (any.type_url !== typeUrl) throw new Error(`a resource of ${any.type_url} in a response of ${typeUrl}`)
    const [name = '', content = ''] = splitOnce(Buffer.from(any.value).toString())
    if (resources.has(name)) throw new Error(`the response holds ${name} twice`)
    resources.set(name, content)
    versions.set(name, version)
    return name
  }
  if (variant === 'sotw') {
    const message = root.lookupType(`${discovery}.DiscoveryResponse`).decode(body) as unknown as {
      typeUrl: string
      nonce: string
      versionInfo: string
      resources: Any[]
    }
    for (const any of message.resources) put(any, message.typeUrl, '')
    return {
      typeUrl: message.typeUrl,
      nonce: message.nonce,
      version: message.versionInfo,
      resources,
      versions,
      removed: [],
    }
  }
  const message = root.lookupType(`${discovery}.DeltaDiscoveryResponse`).decode(body) as unknown as {
    typeUrl: string
    nonce: string
    systemVersionInfo: string
    resources: { name: string; version: string; resource: Any }[]
    removedResources: string[]
  }
  for (const { name, version, resource } of message.resources) {
    if (put(resource, message.typeUrl, version) !== name) throw new Error(`the entry ${name} wraps another resource`)
  }
  for (const name of message.removedResources)
    if (resources.has(name)) throw new Error(`${name} is both sent and removed`)
  return {
    typeUrl: message.typeUrl,
    nonce: message.nonce,
    version: message.systemVersionInfo,
    resources,
    versions,
    removed: message.removedResources,
  }
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}
