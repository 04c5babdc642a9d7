/**
 * Builds the facts over a graph: the one place that knows in which order they depend on each other.
 *
 *   sources ▶ workloads, services ▶ endpoints ▶ service accounts, mTLS modes
 *                       └▶ visibility ▶ scopes      rules, routes ▶ those in force for each service
 */

import { qualifiedHost } from '../config/meaning/hostname.ts'
import type { Collection, Graph, Source } from '../graph/graph.ts'
import { deriveDestinationRules } from './destination-rule.ts'
import { deriveEndpoints, indexSlicesByService } from './endpoints/endpoints.ts'
import type { Facts } from './facts.ts'
import { createFederatedSource, type FederatedSource } from './federation.ts'
import { deriveAddressedTargets, indexBySelector } from './inbound-targets.ts'
import { createNetworksSource, deriveNetworks, type NetworksSource } from './networks.ts'
import type { Notice } from './notice.ts'
import { derivePolicyNotices } from './policy-notices.ts'
import { createRevocationSources, deriveWithdrawnServers, type RevocationSources } from './revocation.ts'
import { deriveRouteNotices } from './route-notices.ts'
import { deriveRuleNotices } from './rule-notices.ts'
import type { ScopeRequest } from './scope.ts'
import { deriveScopes } from './scopes.ts'
import { deriveServiceAccounts } from './service-accounts.ts'
import { deriveServiceMtls } from './service-mtls.ts'
import { deriveServiceNotices } from './services/service-notices.ts'
import { deriveServices } from './services/services.ts'
import { type DiscoverySettings, defaultSettings } from './settings.ts'
import { createMeshSource, createSources, type MeshSource, type Sources } from './sources.ts'
import { deriveVirtualServices, isForMesh } from './virtual-service.ts'
import { deriveVisibility } from './visibility.ts'
import { deriveWorkloads } from './workloads/workloads.ts'

export interface Discovery {
  /** By `objectKey` of each object. */
  readonly sources: Sources
  /** One item, key `mesh`; holds the defaults until another is put. */
  readonly mesh: MeshSource
  /** One item, key `mesh`; holds no networks until others are put. */
  readonly networks: NetworksSource
  /** By `scopeKeyOf`: which scopes somebody needs. */
  readonly scopeRequests: Source<ScopeRequest>
  readonly revocations: RevocationSources
  readonly federatedTrustDomains: FederatedSource
  readonly facts: Facts
  /** What is valid and yet does not do what its author may think. By kind and key of the object, and a host. */
  readonly notices: Collection<readonly Notice[]>
}

export function createDiscovery(graph: Graph, settings: DiscoverySettings = defaultSettings): Discovery {
  const mesh = createMeshSource(graph)
  const networks = createNetworksSource(graph)
  const sources = createSources(graph)
  const scopeRequests = graph.source<ScopeRequest>('scopeRequests')
  const revocations = createRevocationSources(graph)
  const federatedTrustDomains = createFederatedSource(graph)

  const { placement, gateways } = deriveNetworks(graph, { mesh, networks, sources, clusterId: settings.clusterId })
  const workloads = deriveWorkloads(graph, sources, placement)
  const services = deriveServices(graph, sources, mesh, settings)
  const slicesByService = indexSlicesByService(sources)
  const endpoints = deriveEndpoints(graph, { services, workloads, slicesByService, placement }, settings)
  const visibility = deriveVisibility(graph, services.all, settings.domain)
  const peerAuthentications = sources.PeerAuthentication.index('namespace', byNamespace)
  const servicesByHost = services.all.index('host', ({ hostname }) => [hostname])

  const rulesByHost = sources.DestinationRule.index('host', ({ metadata, spec }) => [
    qualifiedHost(spec.host, metadata.namespace, settings.domain),
  ])
  const virtualServicesByHost = sources.VirtualService.index('host', ({ metadata, spec }) =>
    isForMesh(spec) ? (spec.hosts ?? []).map(host => qualifiedHost(host, metadata.namespace, settings.domain)) : [],
  )

  const { podsByAddress, entriesByAddress } = workloads
  const targetsByAddress = deriveAddressedTargets(graph, services.definitions, slicesByService)
  const definitionsBySelector = indexBySelector(services.definitions)
  const inbound = { podsByAddress, entriesByAddress, targetsByAddress, definitionsBySelector, services: services.all }

  const facts: Facts = {
    mesh,
    services: services.all,
    servicesByHost,
    servicesByNamespace: services.all.index('namespace', ({ namespace }) => [namespace]),
    endpoints,
    serviceAccounts: deriveServiceAccounts(graph, { endpoints, services: services.all, mesh }),
    serviceMtls: deriveServiceMtls(graph, { services: services.all, endpoints, mesh, peerAuthentications }),
    visibleByHost: visibility.byHost,
    ...deriveScopes(graph, { visibility, mesh, sidecars: sources.Sidecar, scopeRequests }),
    peerAuthentications,
    authorizationPolicies: sources.AuthorizationPolicy.index('namespace', byNamespace),
    sidecars: sources.Sidecar.index('namespace', byNamespace),
    destinationRules: deriveDestinationRules(graph, { services: services.all, mesh, rulesByHost }),
    virtualServices: deriveVirtualServices(graph, { services: services.all, mesh, virtualServicesByHost, settings }),
    podsByAddress,
    entriesByAddress,
    targetsByAddress,
    definitionsBySelector,
    revokedPeers: revocations.peers,
    withdrawnServers: deriveWithdrawnServers(graph, revocations.servers, inbound),
    revocationDrain: revocations.drain,
    federatedTrustDomains,
    networkPlacement: placement,
    networkGateways: gateways,
  }
  const notices = graph.union('notices', [
    deriveRouteNotices(graph, { sources, mesh, servicesByHost, settings }),
    deriveRuleNotices(graph, sources),
    derivePolicyNotices(graph, { sources, mesh, peerAuthentications }),
    deriveServiceNotices(graph, { services, servicesByHost, settings }),
  ])
  return { sources, mesh, networks, scopeRequests, revocations, federatedTrustDomains, facts, notices }
}

function byNamespace({ metadata }: { readonly metadata: { readonly namespace: string } }): readonly string[] {
  return [metadata.namespace]
}
