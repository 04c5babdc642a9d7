/** The fact `serviceMtls`: whether a client without a DestinationRule should expect mutual TLS of a service. */

import type { Collection, Graph } from '../graph/graph.ts'
import type { ServiceEndpoints } from './endpoint.ts'
import type { Facts, ServiceMtlsMode } from './facts.ts'
import { namespaceMtlsMode } from './peer-authentication.ts'
import type { MeshService } from './service.ts'

/**
 * By ServiceKey. Policies with a selector do not count here: they act on the endpoints. Only where the client connects
 * to the address it was given (no choice of endpoints) do the endpoints decide.
 */
export function deriveServiceMtls(
  graph: Graph,
  inputs: {
    readonly services: Collection<MeshService>
    readonly endpoints: Collection<ServiceEndpoints>
  } & Pick<Facts, 'mesh' | 'peerAuthentications'>,
): Collection<ServiceMtlsMode> {
  const { services, endpoints, mesh, peerAuthentications } = inputs
  return graph.derive({
    name: 'serviceMtls',
    from: services,
    reads: { endpoints, mesh, peerAuthentications },
    map(service, key, reads): ServiceMtlsMode {
      if (service.meshExternal) return 'UNKNOWN'
      if (service.resolution === 'passthrough' && !everyEndpointHasSidecar(reads.endpoints.get(key))) return 'DISABLE'
      return namespaceMtlsMode(reads, service.namespace)
    },
  })
}

/** No endpoints: no. */
function everyEndpointHasSidecar(endpoints: ServiceEndpoints | undefined): boolean {
  const all = [...(endpoints?.ports.values() ?? [])].flat()
  return all.length > 0 && all.every(({ tlsMode }) => tlsMode === 'istio')
}
