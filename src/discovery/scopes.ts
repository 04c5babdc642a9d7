/**
 * The fact `scopes`: what each requested scope sees.
 *
 *   services ▶ visibility ──▶ publicView (what everybody sees) ──┐
 *   scopeRequests ── its own and privately exported, Sidecar ────┴▶ scopes
 *
 * A service that comes, goes or changes its exportTo costs O(services) once and O(services) for each scope that then
 * sees something else; its other changes cost nothing here.
 */

import type { ObjectOf } from '../config/kinds/catalogue.ts'
import { byText } from '../config/meaning/seniority.ts'
import type { Collection, Graph, Source, Tracked } from '../graph/graph.ts'
import { importedServices, isExcluded, parseEgressHosts } from './egress-import.ts'
import type { Facts } from './facts.ts'
import { parseProtocol } from './protocol.ts'
import type { EgressListener, OutboundScope, ScopeRequest } from './scope.ts'
import { scopeKeyOf } from './scope.ts'
import type { ServiceKey } from './service.ts'
import { type MeshSource, meshOf, type Sources } from './sources.ts'
import { type Visibility, type VisibleService, winnerOf } from './visibility.ts'

export interface ScopeInputs {
  readonly visibility: Visibility
  readonly mesh: MeshSource
  readonly sidecars: Sources['Sidecar']
  readonly scopeRequests: Source<ScopeRequest>
}

export function deriveScopes(graph: Graph, inputs: ScopeInputs): Pick<Facts, 'publicView' | 'scopes'> {
  const { visibility, mesh, sidecars, scopeRequests } = inputs
  const { byHost, byNamespace, byExport } = visibility
  const publicView = graph.derive({
    name: 'publicView',
    from: mesh,
    reads: { byExport },
    map: (_settings, _key, reads) => publicServices(reads.byExport.lookup('*')),
  })
  const scopes = graph.derive({
    name: 'scopes',
    from: scopeRequests,
    reads: { publicView, byHost, byNamespace, byExport, mesh, sidecars },
    map(request, _key, reads): OutboundScope {
      const sidecar = request.sidecar === undefined ? undefined : reads.sidecars.get(request.sidecar)
      const { services, listeners } = outboundView(request.namespace, sidecar?.spec.egress ?? [], reads)
      const mode = sidecar?.spec.outboundTrafficPolicy?.mode ?? meshOf(reads).outboundTrafficPolicy.mode
      return Object.freeze({
        key: scopeKeyOf(request),
        namespace: request.namespace,
        services,
        listeners,
        outboundTrafficPolicy: mode === 'REGISTRY_ONLY' ? 'REGISTRY_ONLY' : 'ALLOW_ANY',
      })
    },
  })
  return { publicView, scopes }
}

type ScopeReads = Tracked<{
  readonly publicView: Collection<readonly ServiceKey[]>
  readonly byHost: Visibility['byHost']
  readonly byNamespace: Visibility['byNamespace']
  readonly byExport: Visibility['byExport']
}>

type EgressSpec = NonNullable<ObjectOf<'Sidecar'>['spec']['egress']>

/** A Sidecar without egress narrows nothing. */
function outboundView(
  namespace: string,
  egress: EgressSpec,
  reads: ScopeReads,
): Pick<OutboundScope, 'services' | 'listeners'> {
  if (egress.length === 0) {
    const services = servicesSeenFrom(namespace, reads)
    return { services, listeners: [{ bind: '', captureMode: 'DEFAULT', services }] }
  }
  const lookups = { reads, namespace, everything: () => servicesSeenFrom(namespace, reads) }
  const imported = egress.map(({ hosts }) => {
    const services = new Map<ServiceKey, string>()
    const { imports, exclusions } = parseEgressHosts(hosts, namespace)
    for (const wanted of imports) {
      for (const [key, hostname] of importedServices(wanted, lookups)) {
        if (!isExcluded(exclusions, key, hostname)) services.set(key, hostname)
      }
    }
    return services
  })
  const chosen = chosenByHost(imported, namespace, reads)
  const listeners = egress.map((entry, index) => {
    const services = [...(imported[index] ?? [])].flatMap(([key, hostname]) =>
      chosen.get(hostname) === key ? [key] : [],
    )
    return egressListener(entry, Object.freeze(services.sort()))
  })
  return { services: Object.freeze([...chosen.values()].sort()), listeners }
}

/** Cluster names carry no namespace, so that one hostname must be one service in the whole scope. */
function chosenByHost(
  imported: readonly ReadonlyMap<ServiceKey, string>[],
  namespace: string,
  reads: ScopeReads,
): ReadonlyMap<string, ServiceKey> {
  const chosen = new Map<string, ServiceKey>()
  const contended = new Set<string>()
  const all = new Set<ServiceKey>()
  for (const services of imported) {
    for (const [key, hostname] of services) {
      all.add(key)
      const held = chosen.get(hostname)
      if (held !== undefined && held !== key) contended.add(hostname)
      chosen.set(hostname, key)
    }
  }
  for (const hostname of contended) {
    const candidates = reads.byHost.lookup(hostname).filter(({ key }) => all.has(key))
    const winner = winnerOf(candidates, namespace)
    if (winner !== undefined) chosen.set(hostname, winner.key)
  }
  return chosen
}

function egressListener(entry: EgressSpec[number], services: readonly ServiceKey[]): EgressListener {
  const { port } = entry
  const protocol = parseProtocol(port?.protocol ?? '')
  return {
    ...(port === undefined
      ? {}
      : {
          port: { number: port.number ?? 0, ...(protocol === undefined ? {} : { protocol }), name: port.name ?? '' },
        }),
    bind: entry.bind ?? '',
    captureMode: entry.captureMode ?? 'DEFAULT',
    services,
  }
}

function publicServices(exported: readonly VisibleService[]): readonly ServiceKey[] {
  const winners = new Map<string, VisibleService>()
  for (const service of exported) {
    const held = winners.get(service.hostname)
    winners.set(service.hostname, held === undefined ? service : (winnerOf([held, service]) ?? held))
  }
  return Object.freeze([...winners.values()].map(({ key }) => key).sort())
}

/** What everybody sees, but for the hosts that the namespace defines itself or that were exported to it by name. */
function servicesSeenFrom(namespace: string, reads: ScopeReads): readonly ServiceKey[] {
  const everybody = reads.publicView.get('mesh') ?? []
  const hosts = new Set<string>()
  for (const { hostname } of reads.byExport.lookup(namespace)) hosts.add(hostname)
  for (const { hostname } of reads.byNamespace.lookup(namespace)) hosts.add(hostname)
  const removed = new Set<ServiceKey>()
  const added: ServiceKey[] = []
  for (const host of hosts) {
    const candidates = reads.byHost.lookup(host)
    const theirs = winnerOf(candidates)
    const ours = winnerOf(candidates, namespace)
    if (theirs?.key === ours?.key) continue
    if (theirs !== undefined) removed.add(theirs.key)
    if (ours !== undefined) added.push(ours.key)
  }
  if (removed.size === 0 && added.length === 0) return everybody
  return Object.freeze([...everybody.filter(key => !removed.has(key)), ...added].sort(byText))
}
