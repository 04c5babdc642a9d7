/**
 * A configuration object as every later stage sees it: parsed, validated, normalised and deeply frozen.
 * Nothing here knows where objects come from; `origin` says it for messages only.
 */

export const kindNames = [
  'AuthorizationPolicy',
  'ConfigMap',
  'DestinationRule',
  'EndpointSlice',
  'EnvoyFilter',
  'Gateway',
  'Ingress',
  'Namespace',
  'Node',
  'PeerAuthentication',
  'Pod',
  'ProxyConfig',
  'RequestAuthentication',
  'Secret',
  'Service',
  'ServiceAccount',
  'ServiceEntry',
  'Sidecar',
  'Telemetry',
  'TrafficExtension',
  'VirtualService',
  'WasmPlugin',
  'WorkloadEntry',
  'WorkloadGroup',
] as const

export type KindName = (typeof kindNames)[number]

export interface Metadata {
  readonly name: string
  /** `''` for cluster-scoped kinds; `default` where a namespaced object names none. */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339, as written. */
  readonly creationTimestamp?: string
  readonly generation?: number
}

/** Where an object was read. */
export type Origin = FileOrigin | StoreOrigin

export interface StoreOrigin {
  readonly source: 'store'
  /** The commit that made this version; 0 while there is none. */
  readonly revision: number
}

export interface FileOrigin {
  readonly source: 'file'
  readonly file: string
  /** 1-based place of the object's first character. */
  readonly line: number
  readonly column: number
}

export interface ConfigObject<Spec = unknown, Status = unknown, Kind extends KindName = KindName> {
  readonly kind: Kind
  /** As written, for example `networking.istio.io/v1`; all served versions read as one. */
  readonly apiVersion: string
  readonly metadata: Metadata
  /** Kinds without a `spec` (EndpointSlice, ServiceAccount …) hold their other top-level fields here. */
  readonly spec: Spec
  /** Only of kinds whose status the mesh reads (Pod, Node). */
  readonly status?: Status
  readonly origin: Origin
}

/** `namespace/name`, unique within a kind; `/name` for cluster-scoped kinds. */
export function objectKey(object: { readonly metadata: Pick<Metadata, 'name' | 'namespace'> }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`
}
