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
  const owners = new Map<string, RouteMember>()
  const domains = new Map<RouteMember, string[]>(members.map(member => [member, []]))
  const claim = (member: RouteMember, names: readonly string[]): void => {
    for (const domain of names.flatMap(name => withPorts(name, member))) {
      if (domain === '*' || owners.has(domain)) continue
      owners.set(domain, member)
      domains.get(member)?.push(domain)
    }
  }
  for (const member of members) claim(member, fullNames(member.service))
  for (const member of members) claim(member, shortNames(member.service, dnsDomain))
  for (const member of members)
    claim(member, member.service.addresses.filter(address => !address.includes('/')).map(literal))
  const only = members.length === 1 ? members[0] : undefined
  if (only?.boundTo !== undefined) claim(only, listenerNames(only.boundTo))
  return members
    .map(member => ({
      name: `${member.service.hostname}:${member.port.number}`,
      service: member.service.key,
      port: member.port.number,
      domains: domains.get(member) ?? [],
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** Of a headless service its pods have names too. */
function fullNames({ hostname, headless }: MeshService): readonly string[] {
  const host = hostname.toLowerCase()
  return headless ? [host, `*.${host}`] : [host]
}

/** What a resolver in the client's namespace would complete: `name.ns.svc`, `name.ns`, and `name` for its own. */
function shortNames({ hostname, registry }: MeshService, dnsDomain: string): readonly string[] {
  const [namespace, , ...domainLabels] = dnsDomain.split('.')
  const suffix = `.svc.${domainLabels.join('.')}`
  if (registry !== 'Kubernetes' && !hostname.endsWith(suffix)) return []
  if (!hostname.endsWith(suffix) || domainLabels.length === 0) return []
  const short = hostname.slice(0, -suffix.length).toLowerCase()
  const own = `.${namespace}`
  return [`${short}.svc`, short, ...(short.endsWith(own) ? [short.slice(0, -own.length)] : [])]
}

/** Of the only service behind a bound listener, the listener's own address is a name too. */
const listenerNames = (address: string): readonly string[] =>
  address === '127.0.0.1' || address === '::1' ? [literal(address), 'localhost'] : [literal(address)]

const literal = (address: string): string => (address.includes(':') ? `[${address}]` : address)

const withPorts = (name: string, { port, listenPort }: RouteMember): readonly string[] =>
  port.number === listenPort
    ? [name, `${name}:${port.number}`]
    : [name, `${name}:${listenPort}`, `${name}:${port.number}`]
