/**
 * Tells the author of a VirtualService that it routes less than it says, because the host belongs to another namespace
 * (the rule stands in `virtual-service.ts`).
 */

import type { ObjectOf } from '../config/kinds/catalogue.ts'
import { resolveExportTo } from '../config/meaning/export-to.ts'
import { isWildcard, qualifiedHost } from '../config/meaning/hostname.ts'
import { byText } from '../config/meaning/seniority.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import type { Collection, Graph, Index, IndexReader } from '../graph/graph.ts'
import type { Notice } from './notice.ts'
import type { MeshService } from './service.ts'
import { routesFromAnnotation } from './services/kubernetes.ts'
import type { DiscoverySettings } from './settings.ts'
import { type MeshSource, meshOf, type Sources } from './sources.ts'
import { isForMesh, mayRouteForAll } from './virtual-service.ts'

/** Absent where there is nothing to say. */
export function deriveRouteNotices(
  graph: Graph,
  inputs: {
    readonly sources: Sources
    readonly mesh: MeshSource
    readonly servicesByHost: Index<MeshService>
    readonly settings: DiscoverySettings
  },
): Collection<readonly Notice[]> {
  const { sources, mesh, servicesByHost, settings } = inputs
  return graph.deriveMany({
    name: 'routeNotices',
    from: sources.VirtualService,
    reads: { mesh, servicesByHost },
    map(object, key, reads) {
      if (settings.hostOwnership === 'anybody') return []
      const notices = noticesOf(object, {
        services: reads.servicesByHost,
        mesh: meshOf(reads),
        domain: settings.domain,
      })
      return notices.length === 0 ? [] : [[`VirtualService/${key}`, notices]]
    },
  })
}

interface Context {
  readonly services: IndexReader<MeshService>
  readonly mesh: MeshConfig
  readonly domain: string
}

function noticesOf(object: ObjectOf<'VirtualService'>, { services, mesh, domain }: Context): readonly Notice[] {
  const { metadata, spec } = object
  const { namespace } = metadata
  const exportTo = resolveExportTo(spec.exportTo, namespace, mesh.defaultVirtualServiceExportTo)
  const reachesOthers = exportTo.some(entry => entry !== namespace)
  if (!isForMesh(spec) || !reachesOthers || namespace === mesh.rootNamespace) return []
  return (spec.hosts ?? []).flatMap((written, index): readonly Notice[] => {
    const field = `spec.hosts[${index}]`
    const host = qualifiedHost(written, namespace, domain)
    const where = { kind: 'VirtualService', namespace, name: metadata.name, field } as const
    if (isWildcard(host)) {
      return [
        {
          ...where,
          reason: `${host} routes services of other namespaces only for clients in ${namespace}`,
          remedy: `move it to ${mesh.rootNamespace}, or set exportTo to '.' to say so`,
        },
      ]
    }
    return services
      .lookup(host)
      .filter(service => !mayRouteForAll(namespace, service, mesh.rootNamespace))
      .sort((a, b) => byText(a.namespace, b.namespace))
      .map(service => ({
        ...where,
        reason: `${host} belongs to namespace ${service.namespace}, so it is routed only for clients in ${namespace}`,
        remedy: `move the VirtualService to ${service.namespace}, or add ${namespace} to the annotation ${routesFromAnnotation} of the service`,
      }))
  })
}
