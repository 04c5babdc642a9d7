/** Facts → the endpoints of one outbound cluster. */

import type { Endpoint, Locality } from '../../discovery/endpoint.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import type { WithdrawnServer } from '../../discovery/revocation.ts'
import type { ServiceKey } from '../../discovery/service.ts'
import type { OutboundSeed } from '../outbound-names.ts'
import { type AssignmentIr, type EndpointIr, endpointIr, type LocalityIr } from './ir.ts'
import { tlsModeChooser } from './mutual-tls.ts'

export function resolveAssignment(cluster: string, seed: OutboundSeed, facts: TrackedFacts): AssignmentIr {
  const all = facts.endpoints.get(seed.service)?.ports.get(seed.port) ?? []
  const withdrawal = withdrawalAt(facts, seed.service)
  const endpoints =
    withdrawal === noneWithdrawn ? all : all.filter(endpoint => withdrawal(endpoint)?.stage !== 'removed')
  const labels = seed.rule?.subsets.find(({ name }) => name === seed.subset)?.labels ?? {}
  const tlsModeOf = tlsModeChooser(facts, seed)
  return {
    kind: 'endpoints',
    cluster,
    localities: localitiesOf(selected(endpoints, labels), tlsModeOf, withdrawal),
  }
}

/** Groups by locality, sorted; also used for the endpoints inside a DNS cluster. */
export function localitiesOf(
  endpoints: readonly Endpoint[],
  tlsModeOf: (endpoint: Endpoint) => Endpoint['tlsMode'],
  withdrawal: Withdrawal = noneWithdrawn,
): readonly LocalityIr[] {
  const groups = new Map<string, { readonly locality: Locality | undefined; readonly endpoints: EndpointIr[] }>()
  for (const endpoint of endpoints) {
    const { locality } = endpoint
    const key = locality === undefined ? '' : `${locality.region}/${locality.zone}/${locality.subZone}`
    let group = groups.get(key)
    if (group === undefined) {
      group = { locality, endpoints: [] }
      groups.set(key, group)
    }
    group.endpoints.push(endpointIr(endpoint, tlsModeOf(endpoint), withdrawal(endpoint)?.digests.join()))
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

/** Undefined: as good as always. */
type Withdrawal = (endpoint: Endpoint) => WithdrawnServer | undefined

const noneWithdrawn: Withdrawal = () => undefined

function withdrawalAt(facts: TrackedFacts, service: ServiceKey): Withdrawal {
  const servers = facts.withdrawnServers.lookup(service)
  if (servers.length === 0) return noneWithdrawn
  const byAddress = new Map(servers.flatMap(server => server.addresses.map(address => [address, server] as const)))
  return ({ address, serviceAccount }) => {
    const server = byAddress.get(address)
    return serviceAccount === '' || serviceAccount === server?.serviceAccount ? server : undefined
  }
}

export function selected(
  endpoints: readonly Endpoint[],
  labels: Readonly<Record<string, string>>,
): readonly Endpoint[] {
  const wanted = Object.entries(labels)
  if (wanted.length === 0) return endpoints
  return endpoints.filter(endpoint => wanted.every(([key, value]) => endpoint.labels[key] === value))
}
