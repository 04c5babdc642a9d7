/**
 * Which VirtualService routes a service for the clients of a namespace, on the `mesh` gateway.
 *
 * Host ownership. A service belongs to the namespace that defines it. A VirtualService routes it for every client only
 * when it is of that namespace, of the root namespace, or of a namespace that the service names in its annotation
 * `meshwright.io/routes-from`. Any other routes it for clients of its own namespace alone: nobody can take over the
 * traffic of others by naming their hosts, a wildcard included. `route-notices.ts` tells the author, and objects that come
 * through the API are refused (`host-ownership.ts`).
 */

import type { VirtualServiceSpec } from '../config/kinds/virtual-service.ts'
import { isExportedTo, resolveExportTo } from '../config/meaning/export-to.ts'
import { patternsFor } from '../config/meaning/hostname.ts'
import { bySeniority } from '../config/meaning/seniority.ts'
import type { ConfigObject } from '../config/object.ts'
import type { Collection, Graph, Index } from '../graph/graph.ts'
import { type ByClient, byClient, forClient, nothingForAnybody } from './by-client.ts'
import type { TrackedFacts } from './facts.ts'
import type { MeshService } from './service.ts'
import type { DiscoverySettings } from './settings.ts'
import { type MeshSource, meshOf } from './sources.ts'

type RoutedService = Pick<MeshService, 'hostname' | 'namespace' | 'routesFrom'>

/** The fact `virtualServices`, by ServiceKey. Cost of a row: the VirtualServices whose hosts match the service. */
export function deriveVirtualServices(
  graph: Graph,
  inputs: {
    readonly services: Collection<MeshService>
    readonly mesh: MeshSource
    readonly virtualServicesByHost: Index<ConfigObject<VirtualServiceSpec>>
    readonly settings: Pick<DiscoverySettings, 'hostOwnership'>
  },
): Collection<ByClient<ConfigObject<VirtualServiceSpec>>> {
  const { services, mesh, virtualServicesByHost, settings } = inputs
  return graph.derive({
    name: 'virtualServices',
    from: services,
    reads: { mesh, virtualServicesByHost },
    map(service, _key, reads): ByClient<ConfigObject<VirtualServiceSpec>> {
      // An exact host before wildcards, a longer wildcard before a shorter; of several for one host the oldest.
      const matching = patternsFor(service.hostname).flatMap(host =>
        [...reads.virtualServicesByHost.lookup(host)].sort(bySeniority),
      )
      if (matching.length === 0) return nothingForAnybody
      const { rootNamespace, defaultVirtualServiceExportTo } = meshOf(reads)
      const seen = matching.map(virtualService => {
        const { namespace } = virtualService.metadata
        const routesForAll = settings.hostOwnership === 'anybody' || mayRouteForAll(namespace, service, rootNamespace)
        const exportTo = resolveExportTo(virtualService.spec.exportTo, namespace, defaultVirtualServiceExportTo)
        return { virtualService, namespace, exportTo: routesForAll ? exportTo : [] }
      })
      return byClient(
        seen.flatMap(({ namespace, exportTo }) => [namespace, ...exportTo]),
        client =>
          seen.find(({ namespace, exportTo }) => namespace === client || isExportedTo(exportTo, client))
            ?.virtualService,
      )
    },
  })
}

/** The one that routes the service for clients of a namespace. */
export function virtualServiceFor(
  reads: Pick<TrackedFacts, 'virtualServices'>,
  clientNamespace: string,
  service: Pick<MeshService, 'key'>,
): ConfigObject<VirtualServiceSpec> | undefined {
  return forClient(reads.virtualServices.get(service.key), clientNamespace)
}

/** Whether VirtualServices of a namespace may route the service for clients of other namespaces. */
export function mayRouteForAll(namespace: string, service: RoutedService, rootNamespace: string): boolean {
  return (
    namespace === service.namespace || namespace === rootNamespace || (service.routesFrom ?? []).includes(namespace)
  )
}

/** No gateways at all means the mesh's own. */
export function isForMesh(spec: VirtualServiceSpec): boolean {
  return spec.gateways === undefined || spec.gateways.length === 0 || spec.gateways.includes('mesh')
}
