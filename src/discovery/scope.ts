/** What a group of proxies may see outbound: the services of its namespace's view, narrowed by the Sidecar in force. */

import type { Protocol, ServiceKey } from './service.ts'

/** `NAMESPACE|SIDECAR-KEY`; the Sidecar part is empty when none applies. */
export type ScopeKey = string & { readonly brand?: 'ScopeKey' }

export interface ScopeRequest {
  readonly namespace: string
  /** `NAMESPACE/NAME` of the Sidecar in force, which may be the root namespace's. */
  readonly sidecar?: string
}

/** One `egress` entry of the Sidecar, in its order; without a Sidecar one entry without port. */
export interface EgressListener {
  readonly port?: {
    /** 0 for a Unix socket. */
    readonly number: number
    /** Absent when the Sidecar does not say: that of the service's port. */
    readonly protocol?: Protocol
    readonly name: string
  }
  /** '' when not given. */
  readonly bind: string
  readonly captureMode: 'DEFAULT' | 'IPTABLES' | 'NONE'
  /** Sorted; in the whole scope one service per hostname (`visibility.ts` says which). */
  readonly services: readonly ServiceKey[]
}

export interface OutboundScope {
  readonly key: ScopeKey
  readonly namespace: string
  /** Union over the listeners, sorted. The same array for all scopes that see the same. */
  readonly services: readonly ServiceKey[]
  readonly listeners: readonly EgressListener[]
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'
}

export function scopeKeyOf(request: ScopeRequest): ScopeKey {
  return `${request.namespace}|${request.sidecar ?? ''}`
}
