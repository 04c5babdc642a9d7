/** Outbound listeners as data. */

import type { ListenerSettings } from '../settings.ts'
import type { TcpTarget } from '../tcp-proxy.ts'

export type OutboundListenerIr = CaptureListenerIr | ServiceListenerIr

/** The one that all captured outbound connections reach first, and that hands them on. */
export interface CaptureListenerIr {
  readonly kind: 'outbound-capture'
  readonly name: string
  readonly address: string
  readonly port: number
  readonly transparent: boolean
  /** Where connections go that no other listener is for. */
  readonly rest: TcpTarget
  readonly settings: ListenerSettings
}

export interface ServiceListenerIr {
  readonly kind: 'outbound-listener'
  readonly name: string
  /** IP address, or with port 0 the path of a Unix socket. */
  readonly address: string
  readonly port: number
  readonly binding: 'real' | 'virtual'
  readonly http?: HttpChainIr
  readonly tcp: readonly TcpChainIr[]
  /** Undefined: what matches nothing is closed. */
  readonly rest?: { readonly name: string; readonly targets: readonly TcpTarget[] }
  readonly settings: ListenerSettings
}

export interface HttpChainIr {
  readonly route: string
  readonly when: 'always' | 'sniffed'
  /** Another number ends the chain's connections with what runs on them; 0: never asked for. */
  readonly drain: number
}

export interface TcpChainIr {
  readonly serverNames: readonly string[]
  readonly ranges: readonly { readonly address: string; readonly prefixLength: number }[]
  readonly targets: readonly TcpTarget[]
  /** Another number ends the chain's connections; 0: never asked for. */
  readonly drain: number
}
