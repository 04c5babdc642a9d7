/**
 * Which outbound listeners and route configurations a view of the mesh has, and which service ports are behind each:
 * the one decision that listeners, routes and virtual hosts are made from.
 *
 *   scope.listeners (egress) × services × ports ─▶ slots (address, port) ─▶ ListenerPlan, RoutePlan
 */

import { byText } from '../../config/meaning/seniority.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { isHttp, parseProtocol } from '../../discovery/protocol.ts'
import { type EgressListener, type OutboundScope, scopeKeyOf } from '../../discovery/scope.ts'
import type { MeshService, ServiceKey, ServicePort } from '../../discovery/service.ts'
import { meshOf } from '../../discovery/sources.ts'
import { claimHosts, type HostClaims, hostPlans, type PlannedHost, withOwnNames } from './hosts.ts'
import { httpProxyPlace, type Offer, type Place, placesOf } from './places.ts'
import { Slot, type SlotNotice } from './slot.ts'
import type { OutboundView } from './view.ts'

/** A port of a service, as the number that the service gives it. */
export interface PortOfService {
  readonly service: ServiceKey
  readonly port: number
}

export interface ListenerPlan {
  readonly name: string
  /** An IP address with a port, or the path of a Unix socket with port 0. */
  readonly address: string
  readonly port: number
  /** `real`: the socket is bound; `virtual`: connections are handed over by the capturing listener. */
  readonly binding: 'real' | 'virtual'
  /** `sniffed`: only what looks like HTTP. */
  readonly http?: { readonly route: string; readonly when: 'always' | 'sniffed' }
  /** TLS connections by the server name that they ask for. */
  readonly serverNames: readonly (PortOfService & { readonly name: string })[]
  /** Connections by the CIDR blocks of their destination. */
  readonly ranges: readonly (PortOfService & { readonly blocks: readonly string[] })[]
  /** Everything else. */
  readonly tcp?: PortOfService
  /** What matches nothing: to where the scope's policy says, or nowhere. */
  readonly rest: 'policy' | 'closed'
}

export interface RoutePlan {
  readonly name: string
  /** `shared`: hosts by domain, and a catch-all; `single`: one host, whatever its name. */
  readonly kind: 'shared' | 'single'
  /** Requests to other hosts: to where the scope's policy says, or, where no original destination is known, nowhere. */
  readonly rest: 'policy' | 'refused'
  readonly hosts: readonly PlannedHost[]
}

/** Something configured that has no effect, and why. */
export type OutboundNotice =
  | SlotNotice
  | { readonly kind: 'low-port' | 'static-listener'; readonly address: string; readonly port: number }

export interface OutboundPlan {
  /** Sorted by name. */
  readonly listeners: readonly ListenerPlan[]
  /** Sorted by name. */
  readonly routes: readonly RoutePlan[]
  readonly notices: readonly OutboundNotice[]
}

/** The services that a plan is made of. */
export type PlannedScope = Pick<OutboundScope, 'services' | 'listeners'>

/** Cost: the services of the scope, and for headless TCP services their endpoints. */
export function planOutbound(view: OutboundView, facts: TrackedFacts): OutboundPlan {
  const scope = facts.scopes.get(scopeKeyOf(view.scope))
  if (scope === undefined) return nothing
  const { slots, notices } = slotsOf(scope, view, facts)
  const routes = routesOf(slots).map(([name, slot]) => routePlan(name, slot, hostPlans(slot.members, view.dnsDomain)))
  return { listeners: listenersOf(slots), routes, notices }
}

const nothing: OutboundPlan = Object.freeze<OutboundPlan>({ listeners: [], routes: [], notices: [] })

/** What is planned alike for the clients of all namespaces that see the same services. */
export interface CommonPlan {
  readonly scope: PlannedScope
  readonly listeners: readonly ListenerPlan[]
  readonly routes: readonly CommonRoute[]
  readonly notices: readonly OutboundNotice[]
}

interface CommonRoute {
  readonly name: string
  readonly slot: Slot
  readonly claims: HostClaims
  /** For clients of a namespace that has none of the services. */
  readonly plan: RoutePlan
}

/** `view` is of a namespace that has no service. Cost: as `planOutbound`. */
export function planForAll(scope: PlannedScope, view: OutboundView, facts: TrackedFacts): CommonPlan {
  const { slots, notices } = slotsOf(scope, view, facts)
  const routes = routesOf(slots).map(([name, slot]): CommonRoute => {
    const claims = claimHosts(slot.members, view.dnsDomain)
    const hosts = claims.hosts.map(({ plan }) => plan)
    return { name, slot, claims, plan: routePlan(name, slot, hosts) }
  })
  return { scope, listeners: listenersOf(slots), routes, notices }
}

/** What `planOutbound` would answer for a view of the same services. Cost: the hosts. */
export function planFromCommon({ listeners, routes, notices }: CommonPlan, { dnsDomain }: OutboundView): OutboundPlan {
  const own = routes.map(({ name, slot, claims, plan }) => {
    if (plan.kind === 'single') return plan
    const hosts = withOwnNames(claims, dnsDomain) ?? hostPlans(slot.members, dnsDomain)
    return hosts.every((host, i) => host === claims.hosts[i]?.plan) ? plan : routePlan(name, slot, hosts)
  })
  return { listeners, routes: own, notices }
}

const listenersOf = (slots: readonly Slot[]): readonly ListenerPlan[] => slots.flatMap(slot => slot.plan() ?? [])

/** By name. */
function routesOf(slots: readonly Slot[]): readonly (readonly [string, Slot])[] {
  const routes = new Map<string, Slot>()
  for (const slot of slots) {
    // The addresses of one sniffed service share its route configuration.
    if (slot.route !== undefined && !routes.has(slot.route)) routes.set(slot.route, slot)
  }
  return [...routes].sort(([a], [b]) => byText(a, b))
}

function slotsOf(
  scope: PlannedScope,
  view: OutboundView,
  facts: TrackedFacts,
): { readonly slots: readonly Slot[]; readonly notices: readonly OutboundNotice[] } {
  const notices: OutboundNotice[] = []
  const byName = new Map<string, Slot>()
  for (const egress of scope.listeners) fillSlots(byName, egress, { view, facts, notices })
  fillHttpProxy(byName, scope.services, { view, facts, notices })
  const slots = [...byName.values()].sort((a, b) => byText(a.name, b.name))
  for (const slot of slots) notices.push(...slot.notices)
  return { slots, notices }
}

interface Filling {
  readonly view: OutboundView
  readonly facts: TrackedFacts
  readonly notices: OutboundNotice[]
}

function fillSlots(slots: Map<string, Slot>, egress: EgressListener, filling: Filling): void {
  const { view, facts } = filling
  const taken = new Set(slots.keys())
  for (const service of oldestFirst(egress.services, facts)) {
    for (const offer of offersOf(service, egress)) {
      // What an earlier entry of the Sidecar has taken is left alone.
      const places = placesOf(offer, egress, view, facts).filter(({ name }) => !taken.has(name))
      for (const place of places) if (!isRefused(place, filling)) slotAt(slots, place).take(offer, place)
    }
  }
}

/** The forward proxy of the mesh's settings, for applications that are told to use one: every HTTP host by full name. */
function fillHttpProxy(slots: Map<string, Slot>, services: readonly ServiceKey[], filling: Filling): void {
  const { view, facts } = filling
  const port = meshOf(facts).proxyHttpPort
  const place = httpProxyPlace(view, port)
  if (port === 0 || slots.has(place.name) || isRefused(place, filling)) return
  for (const service of oldestFirst(services, facts)) {
    for (const offered of service.ports.filter(one => isHttp(one.protocol))) {
      const offer = { service, port: offered, listenPort: offered.number, protocol: offered.protocol }
      slotAt(slots, place).take(offer, place)
    }
  }
}

function slotAt(slots: Map<string, Slot>, place: Place): Slot {
  const slot = slots.get(place.name) ?? new Slot(place)
  slots.set(place.name, slot)
  return slot
}

/** The oldest first, which wins where two contend. */
function oldestFirst(services: readonly ServiceKey[], facts: TrackedFacts): readonly MeshService[] {
  return services
    .flatMap(key => facts.services.get(key) ?? [])
    .sort((a, b) => byText(a.createdAt, b.createdAt) || byText(a.hostname, b.hostname))
}

/** A Sidecar's port is that of each service, or the only one that a service has. */
function offersOf(service: MeshService, egress: EgressListener): readonly Offer[] {
  const { port } = egress
  if (port === undefined) {
    return service.ports
      .filter(usable)
      .map(one => ({ service, port: one, listenPort: one.number, protocol: one.protocol }))
  }
  const only = service.ports.length === 1 ? service.ports[0] : undefined
  const chosen = service.ports.find(one => one.number === port.number) ?? only
  if (chosen === undefined || !usable(chosen)) return []
  return [
    { service, port: chosen, listenPort: port.number, protocol: parseProtocol(port.protocol ?? '') ?? chosen.protocol },
  ]
}

const usable = (port: ServicePort): boolean => port.protocol !== 'udp'

/** Envoy's own listeners for health and metrics: a second listener of that name and address is refused whole. */
const staticPorts: ReadonlySet<number> = new Set([15_021, 15_090])

function isRefused({ address, port, binding }: Place, { view, notices }: Filling): boolean {
  const wildcard = address === '0.0.0.0' || address === '::'
  const isLow = binding === 'real' && port > 0 && port < 1024 && view.lowPorts === 'refused'
  if (!isLow && !(wildcard && staticPorts.has(port))) return false
  if (!notices.some(one => 'address' in one && one.address === address && one.port === port)) {
    notices.push({ kind: isLow ? 'low-port' : 'static-listener', address, port })
  }
  return true
}

function routePlan(name: string, { routeKind: kind, members, rest }: Slot, hosts: readonly PlannedHost[]): RoutePlan {
  // Envoy refuses a host without domains.
  if (kind === 'shared') return { name, kind, rest, hosts: hosts.filter(({ domains }) => domains.length > 0) }
  const only = members.slice(0, 1).map(({ service, port }) => ({
    name: `${service.hostname}:${port.number}`,
    service: service.key,
    port: port.number,
    domains: ['*'],
  }))
  return { name, kind, rest, hosts: only }
}
