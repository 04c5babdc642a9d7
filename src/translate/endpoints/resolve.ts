/** Facts → the endpoints of one outbound cluster. */

import type { Endpoint, Locality } from '../../discovery/endpoint.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import type { ServiceKey } from '../../discovery/service.ts'
import type { OutboundSeed } from '../outbound-names.ts'
import { type AssignmentIr, type EndpointIr, endpointIr, type LocalityIr } from './ir.ts'
import { tlsModeChooser } from './mutual-tls.ts'

export function resolveAssignment(cluster: string, seed: OutboundSeed, facts: TrackedFacts): AssignmentIr {
  const withdrawn = withdrawnAt(facts, seed.service)
  const all = facts.endpoints.get(seed.service)?.ports.get(seed.port) ?? []
  const endpoints = withdrawn.removed.size === 0 ? all : all.filter(({ address }) => !withdrawn.removed.has(address))
  const labels = seed.rule?.subsets.find(({ name }) => name === seed.subset)?.labels ?? {}
  const tlsModeOf = tlsModeChooser(facts, seed)
  return {
    kind: 'endpoints',
    cluster,
    localities: localitiesOf(selected(endpoints, labels), tlsModeOf, withdrawn.marked),
  }
}

/** Groups by locality, sorted; also used for the endpoints inside a DNS cluster. */
export function localitiesOf(
  endpoints: readonly Endpoint[],
  tlsModeOf: (endpoint: Endpoint) => Endpoint['tlsMode'],
  marked: ReadonlyMap<string, string> = noneMarked,
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
    group.endpoints.push(endpointIr(endpoint, tlsModeOf(endpoint), marked.get(endpoint.address)))
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

const noneMarked: ReadonlyMap<string, string> = new Map()
const noneRemoved: ReadonlySet<string> = new Set()

interface Withdrawn {
  /** Addresses that are no endpoints until their workload has another certificate. */
  readonly removed: ReadonlySet<string>
  /** Address → digests of what it must not be met with. */
  readonly marked: ReadonlyMap<string, string>
}

function withdrawnAt(facts: TrackedFacts, service: ServiceKey): Withdrawn {
  const servers = facts.withdrawnServers.lookup(service)
  if (servers.length === 0) return { removed: noneRemoved, marked: noneMarked }
  const removed = servers.filter(({ stage }) => stage === 'removed').flatMap(({ addresses }) => addresses)
  const marked = servers.flatMap(({ addresses, digests }) => addresses.map(one => [one, digests.join()] as const))
  return { removed: new Set(removed), marked: new Map(marked) }
}

export function selected(
  endpoints: readonly Endpoint[],
  labels: Readonly<Record<string, string>>,
): readonly Endpoint[] {
  const wanted = Object.entries(labels)
  if (wanted.length === 0) return endpoints
  return endpoints.filter(endpoint => wanted.every(([key, value]) => endpoint.labels[key] === value))
}
