/** What one outbound cluster says. */

import type { AssignmentIr } from '../../endpoints/ir.ts'
import type { LimitsIr } from '../circuit-breakers.ts'
import type { HttpIr } from '../http-protocol.ts'

export type AddressFamily = 'ipv4' | 'ipv6' | 'both'

export interface OutboundClusterIr {
  readonly kind: 'outbound-cluster'
  readonly name: string
  readonly service: { readonly host: string; readonly name: string; readonly namespace: string }
  readonly port: number
  readonly subset: string
  readonly discovery: DiscoveryIr
  readonly connectTimeoutMs: number
  readonly limits: LimitsIr
  readonly keepalive?: { readonly probes?: number; readonly timeMs?: number; readonly intervalMs?: number }
  readonly loadBalancing: LoadBalancingIr
  readonly outlierDetection?: OutlierDetectionIr
  /** Percentage of healthy endpoints below which health is disregarded. */
  readonly panicThreshold: number
  /** Undefined: the port carries no HTTP. */
  readonly http?: HttpIr
  readonly tls: ClientTlsIr
}

export type DiscoveryIr =
  | { readonly kind: 'eds' }
  | { readonly kind: 'original-destination' }
  | {
      readonly kind: 'dns'
      readonly endpoints: AssignmentIr
      /** `each`: every resolved address is an endpoint; `any`: one endpoint, whatever it resolves to. */
      readonly addresses: 'each' | 'any'
      readonly family: AddressFamily
      readonly refreshMs: number
    }

export type LoadBalancingIr =
  | { readonly kind: 'cluster-provided' }
  | { readonly kind: 'random' }
  | { readonly kind: 'round-robin' | 'least-request'; readonly slowStart?: SlowStartIr }
  | { readonly kind: 'ring-hash'; readonly minimumRingSize: number }
  | { readonly kind: 'maglev'; readonly tableSize: number }

export interface SlowStartIr {
  readonly windowMs: number
  readonly minimumPercent: number
  readonly aggression: number
}

export interface OutlierDetectionIr {
  readonly consecutive5xx?: number
  readonly consecutiveGatewayFailure?: number
  /** Present: errors of our own side are counted apart. */
  readonly consecutiveLocalOriginFailure?: number
  readonly intervalMs?: number
  readonly baseEjectionTimeMs?: number
  readonly maxEjectionPercent?: number
}

export type ClientTlsIr =
  | { readonly kind: 'plaintext' }
  /** `auto`: by endpoint, mutual TLS to those that take it and plaintext to the others. `always`: to all. */
  | {
      readonly kind: 'mesh'
      readonly when: 'auto' | 'always'
      readonly sni: string
      /** SPIFFE ids of which the server must have one; empty: any of the mesh. */
      readonly identities: readonly string[]
      /** With no identities: the server must be of one of these; empty: proxies know the roots of no other. */
      readonly trustDomains: readonly string[]
      readonly minimumVersion: 'TLSv1_2' | 'TLSv1_3'
    }
  | {
      readonly kind: 'origination'
      /** '' : none is sent. */
      readonly sni: string
      readonly subjectAltNames: readonly string[]
      /** `system`: the roots of the workload's system. `crl`: a file of revocation lists. */
      readonly trust:
        | { readonly kind: 'file'; readonly path: string; readonly crl?: string }
        | { readonly kind: 'system'; readonly crl?: string }
        | { readonly kind: 'nobody-verified' }
      readonly client?: { readonly certificate: string; readonly privateKey: string }
      /** Offered protocols. */
      readonly alpn: readonly string[]
    }
