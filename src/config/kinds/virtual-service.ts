/** networking.istio.io VirtualService: how requests and connections to hosts are routed. */

import { field, int32, list, message, optional, text, uint32, type Value } from '../schema/fields.ts'
import { destination } from './destination.ts'
import { exportTo } from './export-to.ts'
import { httpRoute } from './http-route.ts'
import { defineKind } from './kind.ts'
import { isBeyondMesh, matchClients } from './match-clients.ts'
import { checkVirtualService } from './virtual-service-rules.ts'

const routeDestination = message({
  destination: field('Where connections go.', destination),
  weight: field(
    'Its share, relative to the sum of all weights. A single destination gets everything.',
    optional(int32()),
    {
      default: '0',
    },
  ),
})

const connectionMatch = {
  destinationSubnets: field('Addresses or ranges that the client connects to.', optional(list(text(64), 256)), {
    default: 'any address',
    notInForce: 'a match that names them is taken by nobody',
    notInForceIf: subnets => subnets.length > 0,
  }),
  port: field('The port that the client connects to; 0 means any.', optional(uint32()), { default: 'any port' }),
  ...matchClients,
  sourceNamespace: field('The namespace that the calling workload must be in.', optional(text(63)), {
    default: 'every namespace',
  }),
}

const tlsMatch = message({
  sniHosts: field(
    "Server names that the client asks for; wildcards may stand for the first labels. Each is within the object's `hosts`.",
    list(text(255), 256),
  ),
  ...connectionMatch,
})

const tcpMatch = message({
  sourceSubnet: field('The address or range that the client comes from.', optional(text(64)), {
    notInForce: 'a match that names it is taken by nobody',
    notInForceIf: subnet => subnet !== '',
  }),
  ...connectionMatch,
})

const tlsRoute = message({
  match: field('The route is taken when one of these holds.', list(tlsMatch, 256)),
  route: field('Where connections go, by weight.', optional(list(routeDestination, 256))),
})

const tcpRoute = message({
  match: field('The route is taken when one of these holds.', optional(list(tcpMatch, 256)), { default: 'always' }),
  route: field('Where connections go, by weight.', optional(list(routeDestination, 256))),
})

const spec = message({
  hosts: field(
    'The hosts that the routes are for: full names, short ones (in the namespace of the object), wildcards, addresses. ' +
      'None makes the object a delegate, to which others lead.',
    optional(list(text(255), 1000)),
    { notInForce: 'a host that no service has is not routed', notInForceIf: () => false },
  ),
  gateways: field(
    'Where the routes are for: `mesh` is every sidecar, other names are Gateways (`name` or `namespace/name`).',
    optional(list(text(512), 1000)),
    { default: '`mesh`', notInForce: 'Gateways are not served', notInForceIf: isBeyondMesh },
  ),
  http: field('Routes of HTTP, of which the first that matches is taken.', optional(list(httpRoute, 4096))),
  tls: field('Routes of TLS that is passed through, by server name.', optional(list(tlsRoute, 1000))),
  tcp: field('Routes of other connections, of which the first that matches is taken.', optional(list(tcpRoute, 1000))),
  exportTo: field('The namespaces whose proxies use the routes: `.` is its own, `*` all.', optional(exportTo()), {
    default: "the mesh's `defaultVirtualServiceExportTo`, else `*`",
  }),
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
