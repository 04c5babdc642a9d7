/** networking.istio.io VirtualService: how requests and connections to hosts are routed. */

import { int32, list, map, message, optional, text, uint32, type Value } from '../schema/fields.ts'
import { destination } from './destination.ts'
import { httpRoute } from './http-route.ts'
import { defineKind } from './kind.ts'
import { checkVirtualService } from './virtual-service-rules.ts'

const routeDestination = message({ destination, weight: optional(int32()) })

const connectionMatch = {
  destinationSubnets: optional(list(text(64), 256)),
  port: optional(uint32()),
  sourceLabels: optional(map(text(63), 'label')),
  gateways: optional(list(text(512), 256)),
  sourceNamespace: optional(text(63)),
}

const tlsRoute = message({
  match: list(message({ sniHosts: list(text(255), 256), ...connectionMatch }), 256),
  route: optional(list(routeDestination, 256)),
})

const tcpRoute = message({
  match: optional(list(message({ sourceSubnet: optional(text(64)), ...connectionMatch }), 256)),
  route: optional(list(routeDestination, 256)),
})

const spec = message({
  hosts: optional(list(text(255), 1000)),
  gateways: optional(list(text(512), 1000)),
  http: optional(list(httpRoute, 4096)),
  tls: optional(list(tlsRoute, 1000)),
  tcp: optional(list(tcpRoute, 1000)),
  exportTo: optional(list(text(63), 1000)),
})

export type VirtualServiceSpec = Value<typeof spec>
export type TlsRoute = Value<typeof tlsRoute>
export type TcpRoute = Value<typeof tcpRoute>
export type RouteDestination = Value<typeof routeDestination>

export const virtualService = defineKind({
  name: 'VirtualService',
  description:
    'How requests and connections to hosts are routed: matched, split, rewritten, retried, mirrored, or answered in place.',
  plural: 'virtualservices',
  shortNames: ['vs'],
  columns: [
    { name: 'Gateways', path: '.spec.gateways' },
    { name: 'Hosts', path: '.spec.hosts' },
  ],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check: ({ spec, metadata }, report) => checkVirtualService(spec, metadata.namespace, report),
})
