/**
 * The domains by which clients name the services behind one route configuration. Envoy refuses a route configuration in
 * which a domain stands twice, so each belongs to one host only: full names come before short ones, short ones before
 * addresses, and among equals the oldest service is first.
 */

import type { MeshService, ServiceKey, ServicePort } from '../../discovery/service.ts'

/** A service's port behind a route configuration. */
export interface RouteMember {
  readonly service: MeshService
  readonly port: ServicePort
  /** What clients connect to, which a Sidecar may have chosen. */
  readonly listenPort: number
  /** The address of a listener that is really bound. */
  readonly boundTo?: string
  /** `with-port`: a domain without a port would not be this one. */
  readonly names: 'any' | 'with-port'
}

export interface PlannedHost {
  /** `HOST:PORT`. */
  readonly name: string
  readonly service: ServiceKey
  readonly port: number
  /** Sorted as given to Envoy; empty when others own all of them. */
  readonly domains: readonly string[]
}

/** `members` the oldest first; `dnsDomain` is that of the client, `NAMESPACE.svc.DOMAIN`. */
export function hostPlans(members: readonly RouteMember[], dnsDomain: string): readonly PlannedHost[] {
  const taken = new Set<string>()
  const plans = members.map(member => ({
    name: `${member.service.hostname}:${member.port.number}`,
    service: member.service.key,
    port: member.port.number,
    domains: [] as string[],
  }))
  const path = searchPathOf(dnsDomain)
  const names = members.map(member => namesOf(member, path))
  for (const rank of ['full', 'short', 'addresses'] as const) {
    for (let i = 0; i < plans.length; i++) claim(taken, plans[i]?.domains ?? [], names[i]?.[rank] ?? [])
  }
  const only = members.length === 1 ? members[0] : undefined
  if (only?.boundTo !== undefined) {
    claim(taken, plans[0]?.domains ?? [], withPorts(listenerNames(only.boundTo), only))
  }
  return plans.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function claim(taken: Set<string>, into: string[], domains: readonly string[]): void {
  for (const domain of domains) {
    if (domain === '*' || taken.has(domain)) continue
    taken.add(domain)
    into.push(domain)
  }
}

interface Names {
  readonly full: readonly string[]
  readonly short: readonly string[]
  readonly addresses: readonly string[]
}

/**
 * Remembered per service, which is immutable: a scope of a thousand services is listed again whenever one of them
 * changes (measured: half of the time of a listing). Clients of all namespaces but the service's own share theirs.
 */
const remembered = new WeakMap<MeshService, Map<string, Names>>()

function namesOf(member: RouteMember, { own, suffix }: SearchPath): Names {
  const { service, port, listenPort } = member
  const isOwn = service.hostname.endsWith(own)
  const key = `${port.number}|${listenPort}|${member.names}|${isOwn ? own : suffix}`
  const known = remembered.get(service)?.get(key)
  if (known !== undefined) return known
  const host = service.hostname.toLowerCase()
  const names: Names = {
    full: withPorts([host], member),
    // Of a headless service its pods have names too.
    short: withPorts(
      [...(service.headless ? [`*.${host}`] : []), ...shortNames(service, isOwn ? { own, suffix } : { suffix })],
      member,
    ),
    addresses: withPorts(service.addresses.filter(address => !address.includes('/')).map(literal), member),
  }
  const ofService = remembered.get(service) ?? new Map<string, Names>()
  remembered.set(service, ofService.set(key, names))
  return names
}

/** Where short names are looked up. */
interface SearchPath {
  /** `.NAMESPACE.svc.DOMAIN` of the client. */
  readonly own: string
  /** `.svc.DOMAIN` */
  readonly suffix: string
}

function searchPathOf(dnsDomain: string): SearchPath {
  const [, , ...domainLabels] = dnsDomain.split('.')
  return { own: `.${dnsDomain}`, suffix: `.svc.${domainLabels.join('.')}` }
}

/** What a resolver in the client's namespace would complete: `name.ns.svc`, `name.ns`, and `name` for its own. */
function shortNames(
  { hostname }: MeshService,
  { own, suffix }: { readonly own?: string; readonly suffix: string },
): readonly string[] {
  if (!hostname.endsWith(suffix) || suffix === '.svc.') return []
  const short = hostname.slice(0, -suffix.length).toLowerCase()
  return [`${short}.svc`, short, ...(own === undefined ? [] : [hostname.slice(0, -own.length).toLowerCase()])]
}

/** Of the only service behind a bound listener, the listener's own address is a name too. */
const listenerNames = (address: string): readonly string[] =>
  address === '127.0.0.1' || address === '::1' ? [literal(address), 'localhost'] : [literal(address)]

const literal = (address: string): string => (address.includes(':') ? `[${address}]` : address)

function withPorts(hosts: readonly string[], { port, listenPort, names }: RouteMember): readonly string[] {
  const ports = port.number === listenPort ? [port.number] : [listenPort, port.number]
  return hosts.flatMap(host => [...(names === 'any' ? [host] : []), ...ports.map(number => `${host}:${number}`)])
}
