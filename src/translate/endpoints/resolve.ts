/** Facts → the endpoints of one outbound cluster. */

import type { Endpoint, Locality } from '../../discovery/endpoint.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { gatewaysIn } from '../../discovery/networks.ts'
import type { WithdrawnServer } from '../../discovery/revocation.ts'
import type { ServiceKey } from '../../discovery/service.ts'
import type { OutboundSeed } from '../outbound-names.ts'
import { type AssignmentIr, type EndpointIr, endpointIr, type LocalityIr } from './ir.ts'
import { tlsModeChooser } from './mutual-tls.ts'
import { clipped, GatewayWeights, type NetworkView, wayTo } from './other-networks.ts'
import type { Reach } from './reach.ts'

export function resolveAssignment(
  cluster: string,
  seed: OutboundSeed,
  { facts, reach }: { readonly facts: TrackedFacts; readonly reach: Reach | undefined },
): AssignmentIr {
  const all = facts.endpoints.get(seed.service)?.ports.get(seed.port) ?? []
  const withdrawal = withdrawalAt(facts, seed.service)
  const endpoints =
    withdrawal === noneWithdrawn ? all : all.filter(endpoint => withdrawal(endpoint)?.stage !== 'removed')
  const labels = seed.rule?.subsets.find(({ name }) => name === seed.subset)?.labels ?? {}
  const tlsModeOf = tlsModeChooser(facts, seed)
  return {
    kind: 'endpoints',
    cluster,
    localities: localitiesOf(selected(endpoints, labels), {
      tlsModeOf,
      withdrawal,
      view: reach === undefined ? undefined : { reach, gateways: gatewaysIn(facts.networkGateways) },
    }),
  }
}

/** Groups by locality, sorted; also used for the endpoints inside a DNS cluster. */
export function localitiesOf(endpoints: readonly Endpoint[], context: EndpointContext): readonly LocalityIr[] {
  const groups = new Map<string, Group>()
  for (const endpoint of endpoints) {
    const { locality } = endpoint
    const key = locality === undefined ? '' : `${locality.region}/${locality.zone}/${locality.subZone}`
    let group = groups.get(key)
    if (group === undefined) {
      group = { locality, endpoints: [], gateways: new GatewayWeights() }
      groups.set(key, group)
    }
    place(endpoint, group, context)
  }
  const sorted = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
  for (const { endpoints, gateways } of sorted) endpoints.push(...gateways.endpoints())
  return sorted.flatMap(({ locality, endpoints }) => (endpoints.length === 0 ? [] : [{ locality, endpoints }]))
}

export interface EndpointContext {
  readonly tlsModeOf: (endpoint: Endpoint) => Endpoint['tlsMode']
  /** Absent: none is withdrawn. */
  readonly withdrawal?: Withdrawal
  /** Absent: every endpoint is called directly. */
  readonly view?: NetworkView | undefined
}

interface Group {
  readonly locality: Locality | undefined
  readonly endpoints: EndpointIr[]
  readonly gateways: GatewayWeights
}

function place(
  endpoint: Endpoint,
  group: Group,
  { tlsModeOf, withdrawal = noneWithdrawn, view }: EndpointContext,
): void {
  const tlsMode = tlsModeOf(endpoint)
  const withdrawn = withdrawal(endpoint)
  const way = view === undefined ? 'direct' : wayTo(endpoint, view)
  const weight = clipped(endpoint.weight * (view?.gateways.weightScale ?? 1))
  if (way === 'direct') {
    // What has no address is behind the gateway of its network, and there is none.
    if (endpoint.address === '') return
    const scaled = weight === endpoint.weight ? endpoint : { ...endpoint, weight }
    group.endpoints.push(endpointIr(scaled, tlsMode, withdrawn?.digests.join()))
  } else if (tlsMode === 'istio' && endpoint.health === 'healthy' && withdrawn === undefined) {
    // A revoked server is not told from others behind a gateway, and so is not sent to.
    group.gateways.add(weight, way)
  }
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
