/** Where connections to a service's port go: to the service, or where the TCP and TLS rules of a VirtualService say. */

import type { RouteDestination, TcpRoute } from '../../../config/kinds/virtual-service.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import { virtualServiceFor } from '../../../discovery/virtual-service.ts'
import type { PortOfService } from '../../outbound/plan.ts'
import type { OutboundView } from '../../outbound/view.ts'
import { outboundClusterName } from '../../outbound-names.ts'
import { type DestinationContext, destinationOf } from '../../virtual-hosts/destinations.ts'
import type { TcpTarget } from '../tcp-proxy.ts'

/** None when the service has gone. */
export function tcpTargetsOf(view: OutboundView, target: PortOfService, facts: TrackedFacts): readonly TcpTarget[] {
  const service = facts.services.get(target.service)
  if (service === undefined) return []
  const { port } = target
  const rules = virtualServiceFor(facts, view.scope.namespace, service)
  const route = rules?.spec.tcp?.find(
    one => (one.route ?? []).length > 0 && takesEverything(one.match, port, view.scope.namespace),
  )?.route
  if (rules === undefined || route === undefined) {
    return [{ cluster: outboundClusterName(port, '', service.hostname), weight: 1 }]
  }
  return targetsOf(route, { view, facts, namespace: rules.metadata.namespace, port })
}

/** What the TLS rules of a VirtualService make of a TLS port, by server name; none where it has no rules for it. */
export function tlsRoutesOf(
  view: OutboundView,
  target: PortOfService,
  facts: TrackedFacts,
): readonly { readonly serverNames: readonly string[]; readonly targets: readonly TcpTarget[] }[] {
  const service = facts.services.get(target.service)
  const { port } = target
  const protocol = service?.ports.find(({ number }) => number === port)?.protocol
  if (service === undefined || (protocol !== 'tls' && protocol !== 'https')) return []
  const rules = virtualServiceFor(facts, view.scope.namespace, service)
  if (rules === undefined) return []
  const context = { view, facts, namespace: rules.metadata.namespace, port }
  return (rules.spec.tls ?? []).flatMap(({ match, route }) => {
    const serverNames = match.filter(one => isFor(one, port, view.scope.namespace)).flatMap(one => one.sniHosts)
    const targets = targetsOf(route ?? [], context)
    return serverNames.length === 0 || targets.length === 0
      ? []
      : [{ serverNames: serverNames.map(name => name.toLowerCase()), targets }]
  })
}

function targetsOf(route: readonly RouteDestination[], context: DestinationContext): readonly TcpTarget[] {
  const several = route.length > 1
  return route
    .map(({ destination, weight }) => ({
      cluster: destinationOf(destination, context).cluster,
      weight: several ? (weight ?? 0) : 1,
    }))
    .filter(({ weight }) => weight > 0)
}

type ConnectionMatch = Omit<NonNullable<TcpRoute['match']>[number], 'sourceSubnet'> & { readonly sourceSubnet?: string }

const takesEverything = (match: TcpRoute['match'], port: number, namespace: string): boolean =>
  (match ?? []).length === 0 || match?.some(one => isFor(one, port, namespace)) === true

/** Matches by address, or by labels of the client, which its listeners do not depend on, are passed over. */
const isFor = (match: ConnectionMatch, port: number, namespace: string): boolean =>
  ((match.port ?? 0) === 0 || match.port === port) &&
  (match.destinationSubnets ?? []).length === 0 &&
  (match.sourceSubnet ?? '') === '' &&
  Object.keys(match.sourceLabels ?? {}).length === 0 &&
  ((match.gateways ?? []).length === 0 || match.gateways?.includes('mesh') === true) &&
  ((match.sourceNamespace ?? '') === '' || match.sourceNamespace === namespace)
