/** A process of the mesh with an address: a Pod, a WorkloadEntry, or an inline endpoint of a ServiceEntry. */

import type { Labels } from '../config/meaning/selector.ts'
import type { Endpoint, Locality } from './endpoint.ts'

export interface Workload {
  readonly kind: 'Pod' | 'WorkloadEntry' | 'inline'
  readonly namespace: string
  /** Of the object; of an inline endpoint, that of the ServiceEntry. */
  readonly name: string
  /** Of the Deployment or the like where a pod's name tells it; else its own. */
  readonly workloadName: string
  /** IP addresses, the primary one first; or one DNS name; or one `unix://PATH`; none of what only its network's gateway reaches. */
  readonly addresses: readonly string[]
  /** Its address is also that of others (host network), so that nothing is to be found by it. */
  readonly sharesAddress: boolean
  readonly labels: Labels
  readonly serviceAccount: string
  readonly tlsMode: Endpoint['tlsMode']
  readonly health: Endpoint['health']
  readonly locality?: Locality
  readonly network: string
  readonly weight: number
  /** Named ports: of a pod's containers, or the `ports` of a WorkloadEntry (which are named like service ports). */
  readonly ports: Readonly<Record<string, number>>
}
