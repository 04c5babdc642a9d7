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

/** The hosts of one route configuration, with what was decided between them. */
export interface HostClaims {
  /** By name, those without domains among them. */
  readonly hosts: readonly ClaimedHost[]
  /** Every domain that somebody asked for, and so somebody has. */
  readonly taken: ReadonlySet<string>
}

export interface ClaimedHost {
  readonly member: RouteMember
  readonly plan: PlannedHost
}

/** `members` the oldest first; `dnsDomain` is that of the client, `NAMESPACE.svc.DOMAIN`. */
export function hostPlans(members: readonly RouteMember[], dnsDomain: string): readonly PlannedHost[] {
  return claimHosts(members, dnsDomain).hosts.map(({ plan }) => plan)
}

/** As `hostPlans`. */
export function claimHosts(members: readonly RouteMember[], dnsDomain: string): HostClaims {
  const taken = new Set<string>()
  const path = searchPathOf(dnsDomain)
  const claims = members.map(member => ({ member, names: namesOf(member, path), domains: [] as string[] }))
  for (const rank of ['full', 'short', 'addresses'] as const) {
    for (const { names, domains } of claims) claim(taken, domains, names[rank])
  }
  const only = claims.length === 1 ? claims[0] : undefined
  if (only?.member.boundTo !== undefined) {
    claim(taken, only.domains, withPorts(listenerNames(only.member.boundTo), only.member))
  }
  const hosts = claims.map(({ member, domains }) => ({ member, plan: plannedHost(member, domains) }))
  return { hosts: hosts.sort(byName), taken }
}

/**
 * What `hostPlans` would answer to clients of another namespace of the same DNS domain, given the claims for a namespace that
 * has no service: the same objects but for the services of their own, which they also reach by the bare name. Undefined when
 * somebody else has asked for such a name, so that all must be decided anew. Cost: the hosts, and the client's own services.
 */
export function withOwnNames({ hosts, taken }: HostClaims, dnsDomain: string): readonly PlannedHost[] | undefined {
  const path = searchPathOf(dnsDomain)
  const isOwn = ({ member }: ClaimedHost): boolean => member.service.hostname.endsWith(path.own)
  const added = new Set<string>()
  const plans: PlannedHost[] = []
  for (const host of hosts) {
    if (!isOwn(host)) {
      plans.push(host.plan)
      continue
    }
    const { member, plan } = host
    const { full, short, addresses } = namesOf(member, path)
    const common = namesOf(member, { own: noNamespace, suffix: path.suffix })
    for (const name of short) {
      if (common.short.includes(name)) continue
      if (taken.has(name) || added.has(name)) return undefined
      added.add(name)
    }
    const domains = [...full, ...short, ...addresses].filter(name => added.has(name) || plan.domains.includes(name))
    const others = plan.domains.filter(name => !domains.includes(name))
    plans.push(plannedHost(member, [...domains, ...others]))
  }
  return plans
}

function plannedHost({ service, port }: RouteMember, domains: readonly string[]): PlannedHost {
  return { name: `${service.hostname}:${port.number}`, service: service.key, port: port.number, domains }
}

const byName = (a: ClaimedHost, b: ClaimedHost): number =>
  a.plan.name < b.plan.name ? -1 : a.plan.name > b.plan.name ? 1 : 0

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

/** The end of no hostname. */
const noNamespace = '.-'

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
