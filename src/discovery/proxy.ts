/** A connected proxy, as far as the configuration that it gets depends on it. Made from the verified identity and the node message. */

import type { Locality } from './endpoint.ts'

export interface ProxyIdentity {
  /** The xDS node id: `sidecar~IP~NAME.NAMESPACE~DOMAIN`. */
  readonly id: string
  readonly type: 'sidecar'
  readonly name: string
  readonly namespace: string
  /** '' when the stream has no identity (plaintext). */
  readonly serviceAccount: string
  readonly trustDomain: string
  readonly ipAddresses: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE'
  /** Node metadata UNPRIVILEGED_POD: ports below 1024 cannot be bound. */
  readonly unprivileged?: boolean
  readonly clusterId: string
  readonly network: string
  readonly locality?: Locality
  /** `NAMESPACE.svc.DOMAIN`. */
  readonly dnsDomain: string
  /** Delta Envoys take virtual hosts one at a time. */
  readonly variant: 'delta' | 'sotw'
}
