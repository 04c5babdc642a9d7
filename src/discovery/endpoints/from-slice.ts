/** Addresses of an EndpointSlice as endpoints. */

import type { EndpointSliceSpec, SliceEndpoint } from '../../config/kinds/endpoint-slice.ts'
import type { Endpoint, Locality } from '../endpoint.ts'
import { withLocality } from '../locality.ts'
import type { Workload } from '../workload.ts'

/** Kubernetes: absent `ready` is ready; absent `serving` is as ready. What ends but still serves takes no new connections. */
export function healthOf(conditions: SliceEndpoint['conditions']): Endpoint['health'] {
  const ready = conditions?.ready ?? true
  if (ready) return 'healthy'
  return conditions?.terminating === true && conditions.serving === true ? 'draining' : 'unhealthy'
}

/** The slice's port that stands for a service's port of that name; undefined when the slice has none. */
export function slicePort(slice: EndpointSliceSpec, name: string): number | undefined {
  return slice.ports?.find(port => (port.name ?? '') === name)?.port
}

/** What is known of an address beside its slice. */
export interface AddressOwner {
  readonly namespace: string
  readonly workload: Workload | undefined
  /** Of the node that the slice names. */
  readonly nodeLocality: Locality | undefined
  readonly network: string
  readonly cluster: string
}

/** The `endpoint`s in it are alike but for the port, so that ports can share it. */
export function endpointOfAddress(address: string, entry: SliceEndpoint, owner: AddressOwner): Omit<Endpoint, 'port'> {
  const { workload } = owner
  return {
    address,
    health: healthOf(entry.conditions),
    ...withLocality(workload?.locality ?? owner.nodeLocality ?? localityOfZone(entry.zone)),
    weight: 1,
    namespace: workload?.namespace ?? owner.namespace,
    serviceAccount: workload?.serviceAccount ?? '',
    workloadName: workload?.workloadName ?? entry.targetRef?.name ?? '',
    tlsMode: workload?.tlsMode ?? 'disabled',
    labels: workload?.labels ?? {},
    network: workload?.network ?? owner.network,
    cluster: owner.cluster,
  }
}

function localityOfZone(zone: string | undefined): Locality | undefined {
  return zone === undefined || zone === '' ? undefined : { region: '', zone, subZone: '' }
}
