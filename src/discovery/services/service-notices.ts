/**
 * Tells the author of a service that others define it too, and who is believed: in one namespace (`merge.ts`) and among
 * namespaces (`../visibility.ts`).
 */

import { namespaceOfHost } from '../../config/meaning/hostname.ts'
import type { Collection, Graph, Index } from '../../graph/graph.ts'
import type { Notice } from '../notice.ts'
import type { MeshService } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import type { ServiceDefinition } from './definition.ts'
import { rankedDefinitions } from './merge.ts'
import type { Services } from './services.ts'

/** By the key of the definition; absent where there is nothing to say. */
export function deriveServiceNotices(
  graph: Graph,
  inputs: {
    readonly services: Services
    readonly servicesByHost: Index<MeshService>
    readonly settings: DiscoverySettings
  },
): Collection<readonly Notice[]> {
  const { definitions, definitionsByKey } = inputs.services
  const { servicesByHost, settings } = inputs
  return graph.derive({
    name: 'serviceNotices',
    from: definitions,
    reads: { definitionsByKey, servicesByHost },
    map(definition, _key, reads): readonly Notice[] | undefined {
      const { service } = definition
      const ranked = rankedDefinitions(reads.definitionsByKey.lookup(service.key))
      if (!ranked.includes(definition)) return [leftOut(definition, ranked[0])]
      const owner = namespaceOfHost(service.hostname, settings.domain)
      if (owner === undefined || owner === service.namespace) return undefined
      const owned = reads.servicesByHost.lookup(service.hostname).some(({ namespace }) => namespace === owner)
      return owned ? [overruled(definition, owner)] : undefined
    },
  })
}

function leftOut(definition: ServiceDefinition, leader: ServiceDefinition | undefined): Notice {
  const { hostname, resolution } = definition.service
  return {
    ...subject(definition),
    reason: `${leader?.object ?? 'another object'} defines ${hostname} already and finds its endpoints otherwise (${leader?.service.resolution ?? ''}, not ${resolution}), so this one is left out`,
    remedy: 'give both the same resolution, or the host to one of them',
  }
}

function overruled(definition: ServiceDefinition, owner: string): Notice {
  const { hostname, namespace } = definition.service
  return {
    ...subject(definition),
    reason: `${hostname} belongs to namespace ${owner}, so only clients in ${namespace} get this one`,
    remedy: `use a host of ${namespace}`,
  }
}

function subject({ service, object }: ServiceDefinition): Pick<Notice, 'kind' | 'namespace' | 'name' | 'field'> {
  return service.registry === 'Kubernetes'
    ? { kind: 'Service', namespace: service.namespace, name: object, field: 'metadata.name' }
    : { kind: 'ServiceEntry', namespace: service.namespace, name: object, field: 'spec.hosts' }
}
