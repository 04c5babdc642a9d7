/** Where connections to a service's port go: to the service, or where the TCP rules of a VirtualService say. */

import type { RouteDestination, VirtualServiceSpec } from '../../../config/kinds/virtual-service.ts'
import type { ConfigObject } from '../../../config/object.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import { virtualServiceFor } from '../../../discovery/virtual-service.ts'
import type { PortOfService } from '../../outbound/plan.ts'
import type { OutboundView } from '../../outbound/view.ts'
import { outboundClusterName } from '../../outbound-names.ts'
import { destinationOf } from '../../virtual-hosts/destinations.ts'
import type { TcpTarget } from '../tcp-proxy.ts'

/** None when the service has gone. */
export function tcpTargetsOf(
  view: OutboundView,
  { service: key, port }: PortOfService,
  facts: TrackedFacts,
): readonly TcpTarget[] {
  const service = facts.services.get(key)
  if (service === undefined) return []
  const virtualService = virtualServiceFor(facts, view.scope.namespace, service)
  const routed = virtualService === undefined ? undefined : routeOf(virtualService, view, port)
  if (virtualService === undefined || routed === undefined) {
    return [{ cluster: outboundClusterName(port, '', service.hostname), weight: 1 }]
  }
  const context = { view, facts, namespace: virtualService.metadata.namespace, port }
  const several = routed.length > 1
  return routed
    .map(({ destination, weight }) => ({
      cluster: destinationOf(destination, context).cluster,
      weight: several ? (weight ?? 0) : 1,
    }))
    .filter(({ weight }) => weight > 0)
}

/** The first rule that takes every connection of this port. Rules by source or destination address are passed over. */
function routeOf(
  { spec }: ConfigObject<VirtualServiceSpec>,
  { scope }: OutboundView,
  port: number,
): readonly RouteDestination[] | undefined {
  return spec.tcp?.find(
    ({ match, route }) =>
      (route ?? []).length > 0 &&
      ((match ?? []).length === 0 ||
        match?.some(
          one =>
            ((one.port ?? 0) === 0 || one.port === port) &&
            (one.destinationSubnets ?? []).length === 0 &&
            (one.sourceSubnet ?? '') === '' &&
            Object.keys(one.sourceLabels ?? {}).length === 0 &&
            ((one.gateways ?? []).length === 0 || one.gateways?.includes('mesh') === true) &&
            ((one.sourceNamespace ?? '') === '' || one.sourceNamespace === scope.namespace),
        )),
  )?.route
}
