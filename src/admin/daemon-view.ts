/** What the HTTP sides may see and do of the daemon. The composition root implements it; nothing here knows how. */

import type { DistributionView } from './distribution-view.ts'
import type { DoctorView } from './doctor-view.ts'
import type { IntermediateView } from './intermediate-view.ts'
import type { RevocationView } from './revocation-view.ts'
import type { RotationView } from './rotation-view.ts'
import type { StatusView } from './status-view.ts'
import type { TransparencyView } from './transparency-view.ts'

export interface ProxyStatus {
  readonly node: string
  /** SPIFFE id of the client certificate; '' on plaintext. */
  readonly identity: string
  readonly address: string
  readonly variant: 'delta' | 'sotw'
  /** Envoy's version, '' when it does not say. */
  readonly version: string
  readonly connectedAt: string
  readonly types: readonly ProxyTypeStatus[]
}

export interface ProxyTypeStatus {
  /** Short name: `clusters`, `endpoints`, `listeners`, `routes`, `virtual-hosts`, `extension-configs`, `secrets`. */
  readonly type: string
  readonly typeUrl: string
  readonly state: 'applied' | 'pending' | 'rejected'
  /** Resources the proxy holds by its own acknowledgement. */
  readonly acknowledged: number
  /** The proxy's own words, when it refused the last response. */
  readonly rejection?: {
    readonly message: string
    readonly at: string
    /** The object and field that it is blamed on, `Kind namespace/name: field`. */
    readonly blame?: string
  }
}

export interface NamedResource {
  readonly name: string
  readonly version: string
  /** proto JSON, `Any` expanded. */
  readonly resource: unknown
}

export interface TokenRequest {
  readonly namespace: string
  readonly serviceAccount: string
  readonly ttlSeconds: number
}

export interface IssuedToken {
  readonly id: string
  readonly token: string
  readonly identity: string
  readonly expiresAt: string
}

/** Without its secret, which is kept nowhere. */
export interface TokenStatus {
  readonly id: string
  readonly identity: string
  readonly expiresAt: string
  /** With how many keys it may be used, and has been. */
  readonly uses: number
  readonly used: number
}

export interface Readiness {
  readonly ready: boolean
  /** What it still waits for. */
  readonly waitingFor: readonly string[]
}

export interface DaemonView {
  readonly transparency: TransparencyView
  readonly version: string
  readiness(): Readiness
  /** Prometheus text format. */
  metrics(): Promise<string>
  proxies(): readonly ProxyStatus[]
  /** By node id, or `NAME.NAMESPACE` of it. Throws `PROXY_NOT_FOUND`. */
  proxyResources(node: string, type: string): readonly NamedResource[]
  createToken(request: TokenRequest): Promise<IssuedToken>
  tokens(): readonly TokenStatus[]
  /** Throws `JOIN_TOKEN_UNKNOWN`. */
  revokeToken(id: string): Promise<void>
  readonly distribution: DistributionView
  readonly doctor: DoctorView
  readonly intermediate: IntermediateView
  readonly rotation: RotationView
  readonly revocation: RevocationView
  readonly status: StatusView
  /** Every object with whether it is in force, and why not. */
  configStatus(): unknown
  /** Mermaid text. */
  graphDiagram(): string
}
