/** A workload as an endpoint of a service's port. */

import { isUnixAddress } from '../address.ts'
import type { Endpoint } from '../endpoint.ts'
import { withLocality } from '../locality.ts'
import type { ServicePort } from '../service.ts'
import type { Workload } from '../workload.ts'

/**
 * The port on the workload: an entry's own `ports` under the service port's name, else the target port, by name where it
 * is one, else the same number. Undefined when the workload has no port of the target's name.
 */
export function workloadPort(
  workload: Workload,
  port: ServicePort,
  target: number | string | undefined,
): number | undefined {
  if (workload.kind !== 'Pod' && workload.ports[port.name] !== undefined) return workload.ports[port.name]
  if (target === undefined) return port.number
  return typeof target === 'number' ? target : workload.ports[target]
}

/** `port` as `workloadPort` gave it; a Unix socket has none, which is port 0. */
export function endpointOfWorkload(workload: Workload, port: number, cluster: string): Endpoint {
  const address = workload.addresses[0] ?? ''
  return {
    address,
    port: isUnixAddress(address) ? 0 : port,
    health: workload.health,
    ...withLocality(workload.locality),
    weight: workload.weight,
    namespace: workload.namespace,
    serviceAccount: workload.serviceAccount,
    workloadName: workload.workloadName,
    tlsMode: workload.tlsMode,
    labels: workload.labels,
    network: workload.network,
    cluster,
  }
}
