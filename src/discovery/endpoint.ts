/** Where a service's ports are served. One fact per service, with its endpoints by service port. */

import type { ServiceKey } from './service.ts'

export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}

export interface Endpoint {
  /** IP address, DNS name (services with resolution `dns*`), or `unix://PATH` with port 0; '' of what only the gateway of its network reaches. */
  readonly address: string
  /** Port on the workload. */
  readonly port: number
  readonly health: 'healthy' | 'unhealthy' | 'draining'
  readonly locality?: Locality
  /** Load-balancing weight; at least 1. */
  readonly weight: number
  readonly namespace: string
  /** '' when unknown. */
  readonly serviceAccount: string
  readonly workloadName: string
  /** Label `security.istio.io/tlsMode: istio`: it has a sidecar that ends mutual TLS. */
  readonly tlsMode: 'istio' | 'disabled'
  readonly labels: Readonly<Record<string, string>>
  readonly network: string
  readonly cluster: string
}

export interface ServiceEndpoints {
  readonly service: ServiceKey
  /** By service port number; each list sorted by address, then port. Ports without endpoints are present and empty. */
  readonly ports: ReadonlyMap<number, readonly Endpoint[]>
}
