/** One object's word about a service: the service as it defines it, and where its endpoints come from. */

import type { WorkloadEntrySpec } from '../../config/kinds/workload-entry.ts'
import type { Labels } from '../../config/meaning/selector.ts'
import type { MeshService } from '../service.ts'

export interface ServiceDefinition {
  readonly service: MeshService
  /** Name of the defining object. */
  readonly object: string
  readonly endpoints: EndpointOrigin
  /** By service port: the port on the workload, a number or the name of a container's port. Absent: the same number. */
  readonly targetPorts: ReadonlyMap<number, number | string>
}

export type EndpointOrigin =
  /** EndpointSlices of the Service; where it has a selector, WorkloadEntries that it selects too. */
  | {
      readonly kind: 'slices'
      readonly selector: Labels | undefined
      readonly addressType: 'IPv4' | 'IPv6' | undefined
    }
  /** Workloads of the namespace, pods and WorkloadEntries. */
  | { readonly kind: 'selector'; readonly selector: Labels }
  | { readonly kind: 'inline'; readonly entries: readonly WorkloadEntrySpec[] }
  /** A DNS name. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'none' }
