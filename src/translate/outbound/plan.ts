/**
 * Which outbound listeners and route configurations a view of the mesh has, and which service ports are behind each:
 * the one decision that listeners, routes and virtual hosts are made from.
 *
 *   scope.listeners (egress) × services × ports ─▶ slots (address, port) ─▶ ListenerPlan, RoutePlan
 */

import type { TrackedFacts } from '../../discovery/facts.ts'
import { parseProtocol } from '../../discovery/protocol.ts'
import type { EgressListener } from '../../discovery/scope.ts'
import { scopeKeyOf } from '../../discovery/scope.ts'
import { byText } from '../../discovery/seniority.ts'
import type { MeshService, ServiceKey, ServicePort } from '../../discovery/service.ts'
import { hostPlans, type PlannedHost, type RouteMember } from './hosts.ts'
import { type Offer, placesOf } from './places.ts'
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
  readonly hosts: readonly PlannedHost[]
}

/** Something configured that has no effect, and why. */
export type OutboundNotice =
  | SlotNotice
  | { readonly kind: 'low-port' | 'static-listener'; readonly address: string; readonly port: number }

export interface PlannedListeners {
  /** Sorted by name. */
  readonly plans: readonly ListenerPlan[]
  readonly notices: readonly OutboundNotice[]
}

/** Cost: the services of the scope, and for headless TCP services their endpoints. */
export function planListeners(view: OutboundView, facts: TrackedFacts): PlannedListeners {
  const { slots, notices } = slotsOf(view, facts)
  return { plans: slots.flatMap(slot => slot.plan() ?? []), notices }
}

/** Sorted by name. Cost: as `planListeners`. */
export function planRoutes(view: OutboundView, facts: TrackedFacts): readonly RoutePlan[] {
  const routes = new Map<string, RoutePlan>()
  for (const slot of slotsOf(view, facts).slots) {
    const { route } = slot
    // The addresses of one sniffed service share its route configuration.
    if (route === undefined || routes.has(route)) continue
    routes.set(route, routePlan(route, slot.routeKind, slot.members, view))
  }
  return [...routes.values()].sort((a, b) => byText(a.name, b.name))
}

function slotsOf(
  view: OutboundView,
  facts: TrackedFacts,
): { readonly slots: readonly Slot[]; readonly notices: readonly OutboundNotice[] } {
  const scope = facts.scopes.get(scopeKeyOf(view.scope))
  if (scope === undefined) return { slots: [], notices: [] }
  const notices: OutboundNotice[] = []
  const byName = new Map<string, Slot>()
  for (const egress of scope.listeners) fillSlots(byName, egress, { view, facts, notices })
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
  const taken = new Set(slots.keys())
  for (const service of servicesOf(egress, filling.facts)) {
    for (const offer of offersOf(service, egress)) {
      for (const place of placesOf(offer, egress, filling.view, filling.facts)) {
        // What an earlier entry of the Sidecar has taken is left alone.
        if (taken.has(place.name)) continue
        const refused = refusalOf(place, filling.view)
        if (refused !== undefined) {
          if (
            !filling.notices.some(one => 'address' in one && one.address === place.address && one.port === place.port)
          )
            filling.notices.push({ kind: refused, address: place.address, port: place.port })
          continue
        }
        let slot = slots.get(place.name)
        if (slot === undefined) {
          slot = new Slot(place)
          slots.set(place.name, slot)
        }
        slot.take(offer, place)
      }
    }
  }
}

/** The oldest first, which wins where two contend. */
function servicesOf(egress: EgressListener, facts: TrackedFacts): readonly MeshService[] {
  return egress.services
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

function refusalOf(
  place: { readonly address: string; readonly port: number; readonly binding: 'real' | 'virtual' },
  view: OutboundView,
): 'low-port' | 'static-listener' | undefined {
  const wildcard = place.address === '0.0.0.0' || place.address === '::'
  if (staticPorts.has(place.port) && wildcard) return 'static-listener'
  if (place.binding === 'real' && place.port > 0 && place.port < 1024 && view.lowPorts === 'refused') return 'low-port'
  return undefined
}

function routePlan(
  name: string,
  kind: RoutePlan['kind'],
  members: readonly RouteMember[],
  view: OutboundView,
): RoutePlan {
  if (kind === 'shared') {
    // Envoy refuses a host without domains.
    return { name, kind, hosts: hostPlans(members, view.dnsDomain).filter(({ domains }) => domains.length > 0) }
  }
  const hosts = members.slice(0, 1).map(({ service, port }) => ({
    name: `${service.hostname}:${port.number}`,
    service: service.key,
    port: port.number,
    domains: ['*'],
  }))
  return { name, kind, hosts }
}
