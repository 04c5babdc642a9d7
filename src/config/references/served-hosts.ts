/** Who serves a host, with what other objects can get wrong about it: ports, who may see it, which workloads stand behind. */

import type { Collection, Graph, Index, IndexReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { resolveExportTo } from '../meaning/export-to.ts'
import { isWildcard, literalHost, patternsFor, serviceHost } from '../meaning/hostname.ts'
import { type Labels, selectorTerm } from '../meaning/selector.ts'
import type { MeshConfig } from '../mesh-config.ts'
import { meshOf, type ReferenceSources } from './reference-sources.ts'

export interface ServedHost {
  /** `Service shop/reviews`, for messages. */
  readonly object: string
  /** Lower case, fully qualified; may be a wildcard of a ServiceEntry. */
  readonly hostname: string
  readonly namespace: string
  readonly ports: readonly number[]
  readonly exportTo: readonly string[]
  /** Of workloads in its namespace; undefined where it selects none. */
  readonly selector: Labels | undefined
  /** Labels of endpoints that are written out. */
  readonly endpoints: readonly Labels[]
}

export interface ServedHosts {
  readonly byName: Index<ServedHost>
  /** Term: each pattern, `*` excepted, that takes the host; the host itself among them. */
  readonly byPattern: Index<ServedHost>
  readonly byNamespace: Index<ServedHost>
  /** Term: `selectorTerm`. */
  readonly bySelector: Index<ServedHost>
}

export function deriveServedHosts(
  graph: Graph,
  { sources, domain }: { readonly sources: ReferenceSources; readonly domain: string },
): ServedHosts {
  const ofServices: Collection<ServedHost> = graph.derive({
    name: 'hosts of services',
    from: sources.objects.Service,
    reads: { mesh: sources.mesh },
    map: (object, _key, reads) => hostOfService(object, meshOf(reads), domain),
  })
  const ofEntries: Collection<ServedHost> = graph.deriveMany({
    name: 'hosts of service entries',
    from: sources.objects.ServiceEntry,
    reads: { mesh: sources.mesh },
    map: (object, key, reads) =>
      hostsOfEntry(object, meshOf(reads)).map(host => [`${key}/${host.hostname}`, host] as const),
  })
  const all = graph.union('served hosts', [ofServices, ofEntries])
  return {
    byName: all.index('name', ({ hostname }) => [hostname]),
    byPattern: all.index('pattern', ({ hostname }) => patternsFor(hostname).filter(pattern => pattern !== '*')),
    byNamespace: all.index('namespace', ({ namespace }) => [namespace]),
    bySelector: all.index('selector', ({ namespace, selector }) => {
      const term = selectorTerm(namespace, selector)
      return term === undefined ? [] : [term]
    }),
  }
}

export interface HostReads {
  readonly hostsByName: IndexReader<ServedHost>
  readonly hostsByPattern: IndexReader<ServedHost>
}

/** All that serve the host, whoever may see them: exact first, then ever wider wildcards. For a pattern, all within it. */
export function serversOf(host: string, reads: HostReads): readonly ServedHost[] {
  if (isWildcard(host)) return reads.hostsByPattern.lookup(host)
  return patternsFor(host).flatMap(pattern => reads.hostsByName.lookup(pattern))
}

function hostOfService({ metadata, spec }: ObjectOf<'Service'>, mesh: MeshConfig, domain: string): ServedHost {
  const { name, namespace, annotations } = metadata
  const exported = (annotations['networking.istio.io/exportTo'] ?? '').split(',').map(entry => entry.trim())
  const written = exported.filter(entry => entry !== '')
  const isEmpty = Object.keys(spec.selector ?? {}).length === 0
  return {
    object: `Service ${namespace}/${name}`,
    hostname: serviceHost(name, namespace, domain),
    namespace,
    ports: (spec.ports ?? []).map(({ port }) => port),
    exportTo: resolveExportTo(written, namespace, mesh.defaultServiceExportTo),
    selector: isEmpty ? undefined : spec.selector,
    endpoints: [],
  }
}

function hostsOfEntry({ metadata, spec }: ObjectOf<'ServiceEntry'>, mesh: MeshConfig): readonly ServedHost[] {
  const { name, namespace } = metadata
  const labels = spec.workloadSelector?.labels ?? {}
  return [...new Set(spec.hosts.map(literalHost))].map(hostname => ({
    object: `ServiceEntry ${namespace}/${name}`,
    hostname,
    namespace,
    ports: (spec.ports ?? []).map(({ number }) => number),
    exportTo: resolveExportTo(spec.exportTo, namespace, mesh.defaultServiceExportTo),
    selector: Object.keys(labels).length === 0 ? undefined : labels,
    endpoints: (spec.endpoints ?? []).map(endpoint => endpoint.labels ?? {}),
  }))
}
