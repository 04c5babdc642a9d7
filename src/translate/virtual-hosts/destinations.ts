/** `Destination` of a VirtualService as the name of a cluster that the client is sure to hold. */

import type { Destination } from '../../config/kinds/destination.ts'
import { qualifiedHost } from '../../config/meaning/hostname.ts'
import { destinationRuleOf } from '../../discovery/destination-rule.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { serviceSeenFrom } from '../../discovery/seen-service.ts'
import type { MeshService } from '../../discovery/service.ts'
import type { OutboundView } from '../outbound/view.ts'
import { outboundClusterName } from '../outbound-names.ts'

/** Where calls go that have nowhere to go: every proxy has it, and it has no endpoints. */
export const blackHoleCluster = 'BlackHoleCluster'

export interface DestinationContext {
  readonly view: OutboundView
  readonly facts: TrackedFacts
  /** Of the VirtualService: what its short names mean. */
  readonly namespace: string
  /** The port that is called, for destinations that name none. */
  readonly port: number
}

export interface ResolvedDestination {
  readonly cluster: string
  /** Undefined: the black hole. */
  readonly service?: MeshService
  readonly port?: number
}

/**
 * The black hole when the service, port or subset does not exist or the client may not see it.
 * Cost: the services of that name.
 */
export function destinationOf(
  destination: Destination,
  { view, facts, namespace, port }: DestinationContext,
): ResolvedDestination {
  const domain = clusterDomain(view)
  const hostname = qualifiedHost(destination.host, namespace, domain)
  const seen = serviceSeenFrom(view.scope, hostname, facts)
  const service = seen === undefined ? undefined : facts.services.get(seen)
  const number =
    destination.port?.number ?? (service?.ports.length === 1 ? service.ports[0]?.number : undefined) ?? port
  if (service === undefined || !service.ports.some(one => one.number === number)) return { cluster: blackHoleCluster }
  const subset = destination.subset ?? ''
  if (subset !== '') {
    const rule = destinationRuleOf(facts, view.scope.namespace, service)
    if (rule?.subsets.some(({ name }) => name === subset) !== true) return { cluster: blackHoleCluster }
  }
  return { cluster: outboundClusterName(number, subset, service.hostname), service, port: number }
}

/** Of `NAMESPACE.svc.DOMAIN` the DOMAIN. */
export function clusterDomain({ dnsDomain }: Pick<OutboundView, 'dnsDomain'>): string {
  return dnsDomain.split('.').slice(2).join('.')
}
