/**
 * Which VirtualService routes a service for the clients of a namespace, on the `mesh` gateway.
 *
 * Host ownership. A service belongs to the namespace that defines it. A VirtualService routes it for every client only
 * when it is of that namespace, of the root namespace, or of a namespace that the service names in its annotation
 * `meshwright.io/routes-from`. Any other routes it for clients of its own namespace alone: nobody can take over the
 * traffic of others by naming their hosts, a wildcard included. `route-notices.ts` tells the author.
 */

import type { VirtualServiceSpec } from '../config/kinds/virtual-service.ts'
import type { ConfigObject } from '../config/object.ts'
import { isExportedTo, resolveExportTo } from './export-to.ts'
import type { TrackedFacts } from './facts.ts'
import { patternsFor } from './hostname.ts'
import { bySeniority } from './seniority.ts'
import type { MeshService } from './service.ts'
import { meshOf } from './sources.ts'

type RoutedService = Pick<MeshService, 'hostname' | 'namespace' | 'routesFrom'>

/** An exact host before wildcards, a longer wildcard before a shorter; of several for one host the oldest. */
export function virtualServiceFor(
  reads: Pick<TrackedFacts, 'mesh' | 'virtualServices'>,
  clientNamespace: string,
  service: RoutedService,
): ConfigObject<VirtualServiceSpec> | undefined {
  const mesh = meshOf(reads)
  for (const host of patternsFor(service.hostname)) {
    const oldest = reads.virtualServices
      .lookup(host)
      .filter(({ metadata, spec }) => {
        const { namespace } = metadata
        if (namespace === clientNamespace) return true
        const exportTo = resolveExportTo(spec.exportTo, namespace, mesh.defaultVirtualServiceExportTo)
        return isExportedTo(exportTo, clientNamespace) && mayRouteForAll(namespace, service, mesh.rootNamespace)
      })
      .sort(bySeniority)[0]
    if (oldest !== undefined) return oldest
  }
  return undefined
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
