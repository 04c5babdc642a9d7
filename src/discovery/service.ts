/** A service as a client sees it, from a Kubernetes Service or one host of a ServiceEntry. */

/** `NAMESPACE/HOSTNAME`: two namespaces may define the same host. */
export type ServiceKey = string & { readonly brand?: 'ServiceKey' }

/** By `appProtocol`, else by the port name's prefix, else `auto` (sniffed). */
export type Protocol =
  | 'http'
  | 'http2'
  | 'grpc'
  | 'grpc-web'
  | 'https'
  | 'tls'
  | 'tcp'
  | 'udp'
  | 'auto'
  | 'mongo'
  | 'mysql'
  | 'redis'

export interface ServicePort {
  readonly number: number
  readonly name: string
  readonly protocol: Protocol
}

/** How a client finds endpoints: `eds` from the registry, `dns` one per resolved address, `dns-round-robin` any resolved address, `passthrough` the original destination. */
export type Resolution = 'eds' | 'dns' | 'dns-round-robin' | 'passthrough'

export interface MeshService {
  readonly key: ServiceKey
  readonly hostname: string
  readonly namespace: string
  /** Short name: the Service's name; for a ServiceEntry its hostname. */
  readonly name: string
  readonly registry: 'Kubernetes' | 'External'
  /** Virtual IPs, or CIDR blocks of a ServiceEntry, sorted as given; empty for headless services and hosts without addresses. */
  readonly addresses: readonly string[]
  readonly headless: boolean
  readonly ports: readonly ServicePort[]
  readonly resolution: Resolution
  /** ServiceEntry location MESH_EXTERNAL: no auto mTLS. */
  readonly meshExternal: boolean
  /** Namespaces that may see it; `*` everyone. Already resolved: no `.`; empty: nobody. */
  readonly exportTo: readonly string[]
  /** Identities it may have beside those of its endpoints (ServiceEntry.subjectAltNames, Service annotations). */
  readonly subjectAltNames: readonly string[]
  /** Other namespaces whose VirtualServices may route it for every client (annotation `meshwright.io/routes-from`). */
  readonly routesFrom?: readonly string[]
  /** RFC 3339; '' when unknown (sorts first). The older of two wins a conflict. */
  readonly createdAt: string
}
