/** What a VirtualService takes for granted: its gateways, its hosts, where its routes lead, its delegates, and that it is alone. */

import type { CollectionReader, IndexReader, Key } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import type { HttpRoute } from '../kinds/http-route.ts'
import { isExportedTo, resolveExportTo } from '../meaning/export-to.ts'
import { qualifiedHost } from '../meaning/hostname.ts'
import { objectKey } from '../object.ts'
import type { RuleReads } from './destination-rules.ts'
import { type DestinationPlace, destinationFindings, hiddenHost, hostNotFound, portNotFound } from './destinations.ts'
import type { Finding } from './finding.ts'
import { type GatewayReads, gatewayFindings } from './gateways.ts'
import { type RouteRivals, rivalKey, textOfRivals } from './host-rivals.ts'
import { meshOf } from './reference-sources.ts'
import { type HostReads, serversOf } from './served-hosts.ts'
import { gatewayHostTerms, type ShadowedRoute, shadowFindings } from './shadowed-routes.ts'

export type VirtualService = ObjectOf<'VirtualService'>

export interface VirtualServiceReads extends HostReads, RuleReads, GatewayReads {
  readonly virtualServices: CollectionReader<VirtualService>
  /** By `rivalKey`. */
  readonly routeRivals: CollectionReader<RouteRivals>
  /** Of delegates, by whom they are named; term: `namespace/name`. */
  readonly delegators: IndexReader<VirtualService>
  /** By `gatewayHostTerms`. */
  readonly shadowedRoutes: CollectionReader<readonly ShadowedRoute[]>
}

export function virtualServiceFindings(
  object: VirtualService,
  reads: VirtualServiceReads,
  domain: string,
): readonly Finding[] {
  const { metadata, spec } = object
  const { namespace } = metadata
  const audience = audienceOf(object, reads)
  const isDelegate = (spec.hosts ?? []).length === 0
  const fromPorts = isDelegate || !isForMeshOnly(object) ? undefined : portsOfHosts(object, reads, domain)
  const place = (field: string): DestinationPlace => ({
    field,
    namespace,
    audience: isDelegate ? [] : audience,
    fromPorts,
    domain,
  })
  return [
    ...gatewayFindings(object, reads, domain),
    ...(isForMesh(object) ? hostFindings(object, reads, domain) : []),
    ...(isDelegate ? unusedDelegate(object, reads) : []),
    ...(spec.http ?? []).flatMap((route, index) => httpFindings(route, place(`spec.http[${index}]`), reads)),
    ...(spec.http ?? []).flatMap((route, index) => delegateFindings(route, { object, index }, reads)),
    ...(['tls', 'tcp'] as const).flatMap(protocol =>
      (spec[protocol] ?? []).flatMap(({ route = [] }, index) =>
        route.flatMap(({ destination }, at) =>
          destinationFindings(destination, place(`spec.${protocol}[${index}].route[${at}].destination`), reads),
        ),
      ),
    ),
    ...matchPortFindings(object, fromPorts),
    ...shadowFindings(
      object,
      gatewayHostTerms(object, domain).flatMap(term => reads.shadowedRoutes.get(term) ?? []),
    ),
  ]
}

/** No gateways at all means the mesh's own. A delegate has those of whoever delegates to it. */
export function isForMesh({ spec }: VirtualService): boolean {
  const gateways = spec.gateways ?? []
  return (spec.hosts ?? []).length > 0 && (gateways.length === 0 || gateways.includes('mesh'))
}

const isForMeshOnly = (object: VirtualService): boolean =>
  isForMesh(object) && (object.spec.gateways ?? []).every(gateway => gateway === 'mesh')

/** The delegates that it names, as `namespace/name`. */
export function delegatesOf({ metadata, spec }: VirtualService): readonly Key[] {
  return (spec.http ?? []).flatMap(({ delegate }) =>
    delegate === undefined ? [] : [`${delegate.namespace || metadata.namespace}/${delegate.name ?? ''}`],
  )
}

function audienceOf({ metadata, spec }: VirtualService, reads: RuleReads): readonly string[] {
  const { defaultVirtualServiceExportTo } = meshOf(reads)
  return resolveExportTo(spec.exportTo, metadata.namespace, defaultVirtualServiceExportTo)
}

function hostFindings(object: VirtualService, reads: VirtualServiceReads, domain: string): readonly Finding[] {
  const { namespace } = object.metadata
  return (object.spec.hosts ?? []).flatMap((written, index): readonly Finding[] => {
    const field = `spec.hosts[${index}]`
    const host = qualifiedHost(written, namespace, domain)
    const servers = serversOf(host, reads)
    const rivals = reads.routeRivals.get(rivalKey(host, objectKey(object)))
    const unserved =
      servers.length === 0
        ? [
            {
              ...hostNotFound(host, field),
              remedy: 'correct the host, add a ServiceEntry for it, or name the gateways',
            },
          ]
        : servers.some(server => isExportedTo(server.exportTo, namespace))
          ? []
          : [hiddenHost(host, servers, { field, namespace })]
    return [...unserved, ...(rivals === undefined ? [] : [conflict(object, rivals, { host, field })])]
  })
}

function conflict(
  object: VirtualService,
  rivals: RouteRivals,
  { host, field }: { readonly host: string; readonly field: string },
): Finding {
  const winner = rivals.oldest === objectKey(object) ? 'this one, the oldest,' : rivals.oldest
  return {
    code: 'HOST_CONFLICT',
    field,
    reason: `${host} is routed by VirtualService ${textOfRivals(rivals)}, too, and they are not merged: where a client sees several, ${winner} counts`,
    remedy: 'merge them into one, or keep them apart by exportTo',
  }
}

function httpFindings(route: HttpRoute, place: DestinationPlace, reads: VirtualServiceReads): readonly Finding[] {
  const at = (field: string): DestinationPlace => ({ ...place, field: `${place.field}.${field}` })
  return [
    ...(route.route ?? []).flatMap(({ destination }, index) =>
      destinationFindings(destination, at(`route[${index}].destination`), reads),
    ),
    ...(route.mirror === undefined ? [] : destinationFindings(route.mirror, at('mirror'), reads)),
    ...(route.mirrors ?? []).flatMap(({ destination }, index) =>
      destinationFindings(destination, at(`mirrors[${index}].destination`), reads),
    ),
  ]
}

function delegateFindings(
  { delegate }: HttpRoute,
  { object, index }: { readonly object: VirtualService; readonly index: number },
  reads: VirtualServiceReads,
): readonly Finding[] {
  if (delegate === undefined) return []
  const { namespace } = object.metadata
  const field = `spec.http[${index}].delegate`
  const key = `${delegate.namespace || namespace}/${delegate.name ?? ''}`
  const target = reads.virtualServices.get(key)
  if (target === undefined) {
    const reason = `there is no VirtualService ${key}`
    return [{ code: 'DELEGATE_NOT_FOUND', field, reason, remedy: 'correct the name or the namespace' }]
  }
  if ((target.spec.hosts ?? []).length > 0) {
    const reason = `VirtualService ${key} has hosts, and so is no delegate`
    return [{ code: 'DELEGATE_HAS_HOSTS', field, reason, remedy: 'remove its hosts, or route to where it routes' }]
  }
  if (target.metadata.namespace === namespace || isExportedTo(audienceOf(target, reads), namespace)) return []
  const reason = `VirtualService ${key} is not exported to ${namespace}`
  return [{ code: 'DELEGATE_NOT_VISIBLE', field, reason, remedy: `add ${namespace} to its exportTo` }]
}

function unusedDelegate(object: VirtualService, reads: VirtualServiceReads): readonly Finding[] {
  if (reads.delegators.lookup(objectKey(object)).length > 0) return []
  const reason = 'has no hosts, so it is a delegate, and no VirtualService delegates to it'
  return [{ code: 'DELEGATE_UNUSED', field: 'spec', reason, remedy: 'name hosts, or delegate to it' }]
}

/** Undefined where not every host is known. */
function portsOfHosts(object: VirtualService, reads: HostReads, domain: string): readonly number[] | undefined {
  const ports = new Set<number>()
  for (const written of object.spec.hosts ?? []) {
    const servers = serversOf(qualifiedHost(written, object.metadata.namespace, domain), reads)
    if (servers.length === 0) return undefined
    for (const server of servers) for (const port of server.ports) ports.add(port)
  }
  return [...ports]
}

function matchPortFindings({ spec }: VirtualService, ports: readonly number[] | undefined): readonly Finding[] {
  if (ports === undefined || ports.length === 0) return []
  return (['http', 'tls', 'tcp'] as const).flatMap(protocol =>
    (spec[protocol] ?? []).flatMap((route, index) =>
      (route.match ?? []).flatMap(({ port = 0 }, at) => {
        if (port === 0 || ports.includes(port)) return []
        const field = `spec.${protocol}[${index}].match[${at}].port`
        return [portNotFound(port, { host: (spec.hosts ?? []).join(', '), ports, field })]
      }),
    ),
  )
}
