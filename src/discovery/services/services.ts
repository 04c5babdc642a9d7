/**
 * The fact `services`, by ServiceKey:
 *
 *   Service ──▶ serviceObjects ──┐
 *   ServiceEntry ▶ entryHosts ───┴▶ serviceDefinitions ──by ServiceKey──▶ services
 */

import type { Collection, Graph, Index } from '../../graph/graph.ts'
import type { MeshService } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import { type MeshSource, meshOf, type Sources } from '../sources.ts'
import type { ServiceDefinition } from './definition.ts'
import { definitionOfService } from './kubernetes.ts'
import { mergedService, rankedDefinitions } from './merge.ts'
import { definitionsOfServiceEntry } from './service-entry.ts'

export interface Services {
  /** By ServiceKey. */
  readonly all: Collection<MeshService>
  readonly definitions: Collection<ServiceDefinition>
  /** Term: ServiceKey. */
  readonly definitionsByKey: Index<ServiceDefinition>
}

export function deriveServices(
  graph: Graph,
  sources: Sources,
  mesh: MeshSource,
  settings: DiscoverySettings,
): Services {
  const objects = graph.deriveMany({
    name: 'serviceObjects',
    from: sources.Service,
    reads: { mesh },
    map: (object, key, reads) => [[`Service/${key}`, definitionOfService(object, meshOf(reads), settings)]],
  })
  const hosts = graph.deriveMany({
    name: 'entryHosts',
    from: sources.ServiceEntry,
    reads: { mesh },
    map: (object, key, reads) =>
      definitionsOfServiceEntry(object, meshOf(reads)).map(
        definition => [`ServiceEntry/${key}/${definition.service.hostname}`, definition] as const,
      ),
  })
  const definitions = graph.union('serviceDefinitions', [objects, hosts])
  const definitionsByKey = definitions.index('key', definition => [definition.service.key])
  const all = graph.derive({
    name: 'services',
    from: graph.terms('serviceKeys', definitionsByKey),
    reads: { definitionsByKey },
    map: (key, _key, reads) => mergedService(rankedDefinitions(reads.definitionsByKey.lookup(key))),
  })
  return { all, definitions, definitionsByKey }
}
