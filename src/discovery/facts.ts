/**
 * The facts that translation reads, as graph collections and indexes. Whoever derives from them declares
 * `reads: facts` and hands its tracked readers (`TrackedFacts`) to the look-ups of this folder (`mtlsModeOf`,
 * `destinationRuleOf`, `policiesFor` …), so that each result depends on exactly what was looked up.
 */

import type { AuthorizationPolicySpec } from '../config/kinds/authorization-policy.ts'
import type { PeerAuthenticationSpec } from '../config/kinds/peer-authentication.ts'
import type { SidecarSpec } from '../config/kinds/sidecar.ts'
import type { VirtualServiceSpec } from '../config/kinds/virtual-service.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import type { ConfigObject } from '../config/object.ts'
import type { Collection, Index, Tracked } from '../graph/graph.ts'
import type { ByClient } from './by-client.ts'
import type { MergedDestinationRule } from './destination-rule.ts'
import type { ServiceEndpoints } from './endpoint.ts'
import type { AddressedTargets } from './inbound-targets.ts'
import type { NetworkGateways, NetworkPlacement } from './networks.ts'
import type { RevokedPeers, WithdrawnServer } from './revocation.ts'
import type { OutboundScope } from './scope.ts'
import type { MeshService, ServiceKey } from './service.ts'
import type { ServiceDefinition } from './services/definition.ts'
import type { VisibleService } from './visibility.ts'
import type { Workload } from './workload.ts'

/** The service's mTLS mode as a client may infer it (contract: external → UNKNOWN; an endpoint without sidecar → DISABLE …). */
export type ServiceMtlsMode = 'UNKNOWN' | 'DISABLE' | 'PERMISSIVE' | 'STRICT'

export interface Facts {
  /** One item, key `mesh`. */
  readonly mesh: Collection<MeshConfig>
  /** By ServiceKey. */
  readonly services: Collection<MeshService>
  /** Term: hostname. */
  readonly servicesByHost: Index<MeshService>
  /** Term: namespace it is defined in. */
  readonly servicesByNamespace: Index<MeshService>
  /** By ServiceKey; present for every service. */
  readonly endpoints: Collection<ServiceEndpoints>
  /** By ServiceKey: SPIFFE ids for secure naming, expanded by trust domain aliases, sorted; may be empty. */
  readonly serviceAccounts: Collection<readonly string[]>
  /** By ServiceKey. */
  readonly serviceMtls: Collection<ServiceMtlsMode>
  /** Term: hostname. What `serviceSeenFrom` reads. */
  readonly visibleByHost: Index<VisibleService>
  /** One item, key `mesh`: what a namespace sees that neither defines nor is given anything of its own. Sorted. */
  readonly publicView: Collection<readonly ServiceKey[]>
  /** By ScopeKey, for the scopes asked for. */
  readonly scopes: Collection<OutboundScope>
  /** Term: namespace. */
  readonly peerAuthentications: Index<ConfigObject<PeerAuthenticationSpec>>
  readonly authorizationPolicies: Index<ConfigObject<AuthorizationPolicySpec>>
  readonly sidecars: Index<ConfigObject<SidecarSpec>>
  /** By ServiceKey: the rules in force for connections to it. */
  readonly destinationRules: Collection<ByClient<MergedDestinationRule>>
  /** By ServiceKey: the one that routes it, of those bound to the `mesh` gateway. */
  readonly virtualServices: Collection<ByClient<ConfigObject<VirtualServiceSpec>>>
  /** What `inboundTargetsOf` reads. Terms: `addressTerm` of the workload; a pair of the selector (`labelTerms`). */
  readonly podsByAddress: Index<Workload>
  readonly entriesByAddress: Index<Workload>
  readonly targetsByAddress: Index<AddressedTargets>
  readonly definitionsBySelector: Index<ServiceDefinition>
  /** One item, key `mesh`; absent: nobody. */
  readonly revokedPeers: Collection<RevokedPeers>
  /** Term: ServiceKey. */
  readonly withdrawnServers: Index<WithdrawnServer>
  /** One item, key `mesh`: how often silent connections were told to end; absent: never. */
  readonly revocationDrain: Collection<number>
  /** One item, key `mesh`: other trust domains whose roots proxies have; absent: none. */
  readonly federatedTrustDomains: Collection<readonly string[]>
  /** One item each, key `mesh`: of which network addresses are, and how other networks are reached. */
  readonly networkPlacement: Collection<NetworkPlacement>
  readonly networkGateways: Collection<NetworkGateways>
}

export type TrackedFacts = Tracked<{ readonly [K in keyof Facts]: Facts[K] }>
