/** Inbound listeners as data. */

import type { AuthorizationIr } from '../authorization-filters.ts'
import type { ListenerSettings } from '../settings.ts'
import type { ChainForm } from './chain-forms.ts'

export interface InboundListenerIr {
  readonly kind: 'inbound-listener'
  readonly name: string
  readonly address: string
  readonly port: number
  readonly capture: 'redirect' | 'tproxy' | 'none'
  readonly chains: readonly InboundChainIr[]
  readonly serverTls: ServerTlsIr
  readonly authorization: AuthorizationIr
  /** Another number ends the connections of certified clients; 0: never asked for. */
  readonly drain: number
  readonly settings: ListenerSettings
}

export interface InboundChainIr {
  readonly name: string
  readonly form: ChainForm
  /** Destination port that the chain is for; undefined: any. */
  readonly port?: number
  readonly cluster: string
  /** `discovered`: the cluster's endpoint carries what is revoked; `original`: it goes where the client wanted. */
  readonly endpoint: 'discovered' | 'original'
  /** Port of the workload as its routes are named; 0 where it is not known beforehand. */
  readonly routePort: number
  readonly grpcWeb: 'translated' | 'as-is'
}

/** How mutual TLS of the mesh ends. */
export interface ServerTlsIr {
  /** Peers must be of one of these. */
  readonly trustDomains: readonly string[]
  readonly minimumVersion: 'TLSv1_2' | 'TLSv1_3'
  /** Empty: the built-in list. */
  readonly cipherSuites: readonly string[]
  /** Empty: Envoy's own choice. */
  readonly ecdhCurves: readonly string[]
}
