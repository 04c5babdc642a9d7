/** What a workload serves: which service ports lead to it, and what its Sidecar's ingress says. */

import type { Protocol, ServiceKey } from './service.ts'

/** Everything of a proxy on which its inbound side depends. */
export interface WorkloadShape {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly ipAddresses: readonly string[]
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE'
}

export interface InboundTarget {
  readonly service: ServiceKey
  readonly servicePort: number
  /** Port on the workload. */
  readonly targetPort: number
  readonly protocol: Protocol
  readonly portName: string
}

/** One `ingress` entry of the Sidecar in force. */
export interface IngressListener {
  readonly port: { readonly number: number; readonly protocol: Protocol; readonly name: string }
  /** '' when not given: the workload's address. */
  readonly bind: string
  /** `127.0.0.1:P`, `0.0.0.0:P` (the workload's own address) or `unix://PATH`; '' when not given. */
  readonly defaultEndpoint: string
  readonly captureMode: 'DEFAULT' | 'IPTABLES' | 'NONE'
}
