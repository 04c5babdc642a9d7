/** The fact `serviceAccounts`: who may answer for a service, so that a client refuses everybody else. */

import type { MeshConfig } from '../config/mesh-config.ts'
import type { Collection, Graph } from '../graph/graph.ts'
import type { ServiceEndpoints } from './endpoint.ts'
import type { MeshService } from './service.ts'
import { type MeshSource, meshOf } from './sources.ts'

/** By ServiceKey; sorted. Cost of a row: the service's endpoints. */
export function deriveServiceAccounts(
  graph: Graph,
  inputs: {
    readonly endpoints: Collection<ServiceEndpoints>
    readonly services: Collection<MeshService>
    readonly mesh: MeshSource
  },
): Collection<readonly string[]> {
  const { services, mesh } = inputs
  return graph.derive({
    name: 'serviceAccounts',
    from: inputs.endpoints,
    reads: { services, mesh },
    map(endpoints, key, reads) {
      const settings = meshOf(reads)
      const identities = new Set(reads.services.get(key)?.subjectAltNames)
      for (const account of accountsOf(endpoints)) identities.add(`spiffe://${settings.trustDomain}/${account}`)
      return Object.freeze(withAliases(identities, settings).sort())
    },
  })
}

/** `ns/NAMESPACE/sa/SERVICE-ACCOUNT` of each endpoint that has an identity. */
function accountsOf({ ports }: ServiceEndpoints): ReadonlySet<string> {
  const accounts = new Set<string>()
  for (const endpoints of ports.values()) {
    for (const { namespace, serviceAccount } of endpoints) {
      if (serviceAccount !== '') accounts.add(`ns/${namespace}/sa/${serviceAccount}`)
    }
  }
  return accounts
}

/** An identity of the mesh's trust domain, or of one of its aliases, may show under any of them. */
function withAliases(
  identities: Iterable<string>,
  { trustDomain, trustDomainAliases }: Pick<MeshConfig, 'trustDomain' | 'trustDomainAliases'>,
): string[] {
  const domains = [trustDomain, ...trustDomainAliases]
  const expanded = new Set<string>()
  for (const identity of identities) {
    expanded.add(identity)
    const own = domains.find(domain => identity.startsWith(`spiffe://${domain}/`))
    if (own === undefined) continue
    const path = identity.slice(`spiffe://${own}`.length)
    for (const domain of domains) expanded.add(`spiffe://${domain}${path}`)
  }
  return [...expanded]
}
