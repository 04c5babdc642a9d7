/** Every kind of object that the mesh reads. */

import type { Static, TObject } from 'typebox'
import type { ConfigObject, KindName } from '../object.ts'
import type { DeepReadonly } from '../schema/deep-readonly.ts'
import { authorizationPolicy } from './authorization-policy.ts'
import { configMap } from './config-map.ts'
import { destinationRule } from './destination-rule.ts'
import { endpointSlice } from './endpoint-slice.ts'
import { envoyFilter } from './envoy-filter.ts'
import { gateway } from './gateway.ts'
import { ingress } from './ingress.ts'
import type { Kind } from './kind.ts'
import { namespace } from './namespace.ts'
import { node } from './node.ts'
import { peerAuthentication } from './peer-authentication.ts'
import { pod } from './pod.ts'
import { proxyConfig } from './proxy-config.ts'
import { requestAuthentication } from './request-authentication.ts'
import { secret } from './secret.ts'
import { service } from './service.ts'
import { serviceAccount } from './service-account.ts'
import { serviceEntry } from './service-entry.ts'
import { sidecar } from './sidecar.ts'
import { telemetry } from './telemetry.ts'
import { trafficExtension } from './traffic-extension.ts'
import { virtualService } from './virtual-service.ts'
import { wasmPlugin } from './wasm-plugin.ts'
import { workloadEntry } from './workload-entry.ts'
import { workloadGroup } from './workload-group.ts'

export const kinds = {
  AuthorizationPolicy: authorizationPolicy,
  ConfigMap: configMap,
  DestinationRule: destinationRule,
  EndpointSlice: endpointSlice,
  EnvoyFilter: envoyFilter,
  Gateway: gateway,
  Ingress: ingress,
  Namespace: namespace,
  Node: node,
  PeerAuthentication: peerAuthentication,
  Pod: pod,
  ProxyConfig: proxyConfig,
  RequestAuthentication: requestAuthentication,
  Secret: secret,
  Service: service,
  ServiceAccount: serviceAccount,
  ServiceEntry: serviceEntry,
  Sidecar: sidecar,
  Telemetry: telemetry,
  TrafficExtension: trafficExtension,
  VirtualService: virtualService,
  WasmPlugin: wasmPlugin,
  WorkloadEntry: workloadEntry,
  WorkloadGroup: workloadGroup,
} as const satisfies { readonly [K in KindName]: { readonly name: K } }

export type SpecOf<K extends KindName> = DeepReadonly<Static<(typeof kinds)[K]['spec']>>
export type StatusOf<K extends KindName> =
  (typeof kinds)[K] extends Kind<K, TObject, infer Status> ? DeepReadonly<Static<Status>> : never
/** An object of one kind; of a union of kinds, a union that `kind` tells apart. */
export type ObjectOf<K extends KindName> = K extends KindName ? ConfigObject<SpecOf<K>, StatusOf<K>, K> : never
export type AnyObject = ObjectOf<KindName>

/** The kind that is served under this apiVersion (`group/version`, or `version` in the core group). */
export function kindFor(apiVersion: string, kindName: string): Kind | undefined {
  return byGroupKind.get(`${groupOf(apiVersion)}/${kindName}`)
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.lastIndexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

// The catalogue's own generality: a reader treats every kind alike, and hands each check the object that its own schema read.
const byGroupKind = new Map<string, Kind>(
  Object.values(kinds).map(kind => [`${kind.group}/${kind.name}`, kind as unknown as Kind]),
)
