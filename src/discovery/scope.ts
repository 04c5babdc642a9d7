/** What a group of proxies may see outbound: the services of its namespace's view, narrowed by the Sidecar in force. */

import type { ServiceKey } from './service.ts'

/** `NAMESPACE|SIDECAR-KEY`; the Sidecar part is empty when none applies. */
export type ScopeKey = string & { readonly brand?: 'ScopeKey' }

export interface ScopeRequest {
  readonly namespace: string
  /** `NAMESPACE/NAME` of the Sidecar in force, which may be the root namespace's. */
  readonly sidecar?: string
}

/** One `egress` entry of the Sidecar, in its order; without a Sidecar one entry without port. */
export interface EgressListener {
  readonly port?: { readonly number: number; readonly protocol: string; readonly name: string }
  /** '' when not given. */
  readonly bind: string
  readonly captureMode: 'DEFAULT' | 'IPTABLES' | 'NONE'
  /** Sorted; one service per hostname (own namespace first, then the oldest, then by namespace). */
  readonly services: readonly ServiceKey[]
}

export interface OutboundScope {
  readonly key: ScopeKey
  readonly namespace: string
  /** Union over the listeners, sorted. */
  readonly services: readonly ServiceKey[]
  readonly listeners: readonly EgressListener[]
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'
}

export function scopeKeyOf(request: ScopeRequest): ScopeKey {
  return `${request.namespace}|${request.sidecar ?? ''}`
}
