/** Responses of both variants, decoded through the published protos into one shape. */

import { loadProtos } from '../../src/platform/protobuf.ts'
import type { XdsVariant } from '../../src/xds/table-set.ts'
import { type EnvoyResource, envoyResource } from './envoy-resource.ts'

export interface EnvoyResponse {
  readonly typeUrl: string
  readonly nonce: string
  /** Of the whole response; state of the world only. */
  readonly version: string
  readonly resources: readonly { readonly resource: EnvoyResource; readonly version: string }[]
  readonly removed: readonly string[]
}

/** Throws for what Envoy would refuse as a whole: a name twice, a resource of another type or under another name. */
export function envoyResponse(variant: XdsVariant, body: Uint8Array): EnvoyResponse {
  const response = variant === 'delta' ? deltaResponse(body) : sotwResponse(body)
  const names = [...response.resources.map(({ resource }) => resource.name), ...response.removed]
  if (new Set(names).size < names.length) throw new Error(`a name comes twice in ${JSON.stringify(names)}`)
  return response
}

const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])

interface AnyMessage {
  readonly type_url: string
  readonly value: Uint8Array
}

function sotwResponse(body: Uint8Array): EnvoyResponse {
  const { typeUrl, nonce, versionInfo, resources } = root
    .lookupType('envoy.service.discovery.v3.DiscoveryResponse')
    .decode(body) as unknown as {
    readonly typeUrl: string
    readonly nonce: string
    readonly versionInfo: string
    readonly resources: readonly AnyMessage[]
  }
  return {
    typeUrl,
    nonce,
    version: versionInfo,
    resources: resources.map(any => ({ resource: unwrapped(any, typeUrl), version: versionInfo })),
    removed: [],
  }
}

function deltaResponse(body: Uint8Array): EnvoyResponse {
  const { typeUrl, nonce, resources, removedResources } = root
    .lookupType('envoy.service.discovery.v3.DeltaDiscoveryResponse')
    .decode(body) as unknown as {
    readonly typeUrl: string
    readonly nonce: string
    readonly resources: readonly { readonly name: string; readonly version: string; readonly resource: AnyMessage }[]
    readonly removedResources: readonly string[]
  }
  return {
    typeUrl,
    nonce,
    version: '',
    resources: resources.map(({ name, version, resource: any }) => {
      const resource = unwrapped(any, typeUrl)
      if (resource.name !== name) throw new Error(`${name} wraps a resource named ${resource.name}`)
      return { resource, version }
    }),
    removed: removedResources,
  }
}

function unwrapped({ type_url, value }: AnyMessage, typeUrl: string): EnvoyResource {
  if (type_url !== typeUrl) throw new Error(`a resource of ${type_url} in a response of ${typeUrl}`)
  return envoyResource(typeUrl, value)
}
