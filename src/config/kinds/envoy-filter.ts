/** networking.istio.io EnvoyFilter: patches of what Envoys are given. */

import {
  enumeration,
  field,
  int32,
  list,
  map,
  message,
  optional,
  ruled,
  struct,
  text,
  uint32,
  type Value,
} from '../schema/fields.ts'
import { checkEnvoyFilter } from './envoy-filter-rules.ts'
import { defineKind } from './kind.ts'
import { targetRefs } from './policy-selection.ts'
import { labelsSelector } from './workload-selector.ts'

const name = (what: string) => field(what, optional(text(4096)))

const filterMatch = message({
  name: name('The name of a network filter; needed where a filter is chosen.'),
  subFilter: field(
    'A filter inside that filter: an HTTP filter of the connection manager.',
    optional(message({ name: name('The name of the HTTP filter.') })),
  ),
})

const listenerMatch = message({
  portNumber: field('The port of the service, or of the gateway, that the listener is for.', optional(uint32())),
  portName: name('The name of the port; Istio ignores it.'),
  filterChain: field(
    'A chain of the listener.',
    optional(
      message({
        name: name('The name of the chain.'),
        sni: name('The server name that the chain is for.'),
        transportProtocol: name('`raw_buffer` or `tls`.'),
        applicationProtocols: name('Protocols that the chain is for, with commas between.'),
        destinationPort: field('The port that the chain is for.', optional(uint32())),
        filter: field('A filter of the chain.', optional(filterMatch)),
      }),
    ),
  ),
  listenerFilter: name('The name of a listener filter.'),
  name: name('The name of the listener; `virtualInbound` is the one that captures.'),
})

const routeMatch = message({
  portNumber: field('The port of the listener that uses the routes.', optional(uint32())),
  portName: name("The name of the gateway's port."),
  gateway: name("The Gateway, as `namespace/name`, whose routes they are; of a gateway's proxies only."),
  vhost: field(
    'A virtual host.',
    optional(
      message({
        name: name('The name of the virtual host: `host:port`.'),
        domainName: name('One of its domains.'),
        route: field(
          'A route of the virtual host.',
          optional(
            message({
              name: name('The name of the route.'),
              action: field(
                'What the route does.',
                optional(enumeration({ ANY: 0, ROUTE: 1, REDIRECT: 2, DIRECT_RESPONSE: 3 })),
                { default: 'ANY' },
              ),
            }),
          ),
        ),
      }),
    ),
  ),
  name: name('The name of the route configuration.'),
})

const clusterMatch = message({
  portNumber: field('The port of the service.', optional(uint32())),
  service: name('The host of the service.'),
  subset: name('The subset of the service.'),
  name: name('The name of the cluster; where it is given, the rest is ignored.'),
})

const waypointMatch = message({
  portNumber: field(
    'The port of the service.',
    optional(
      ruled(uint32(), {
        cel: '0 < self && self <= 65535',
        holds: port => port > 0 && port <= 65_535,
        reason: 'is not a port',
        remedy: 'use 1 to 65535',
      }),
    ),
  ),
  route: field('A route.', optional(message({ name: name('The name of the route.') }))),
  filter: field('A filter.', optional(filterMatch)),
})

const match = ruled(
  message(
    {
      context: field(
        'Which listeners, routes and clusters are meant: those for calls that come in, for calls that go out, or of gateways.',
        optional(enumeration({ ANY: 0, SIDECAR_INBOUND: 1, SIDECAR_OUTBOUND: 2, GATEWAY: 3, WAYPOINT: 4 })),
        { default: 'ANY' },
      ),
      proxy: field(
        'Which proxies are meant.',
        optional(
          message({
            proxyVersion: field(
              "A regular expression (RE2) that the proxy's version must match.",
              optional(text(65_536)),
            ),
            metadata: field("Entries that the proxy's metadata must have.", optional(map(text()))),
          }),
        ),
        { default: 'all that the object selects' },
      ),
      listener: field('Which listeners are meant, and what of them.', optional(listenerMatch)),
      routeConfiguration: field('Which routes are meant.', optional(routeMatch)),
      cluster: field('Which clusters are meant.', optional(clusterMatch)),
      waypoint: field('What of a waypoint is meant.', optional(waypointMatch), { since: '1.25' }),
    },
    { exclusive: [['listener', 'routeConfiguration', 'cluster', 'waypoint']] },
  ),
  {
    cel: "(has(self.context) && self.context == 'WAYPOINT') == has(self.waypoint)",
    holds: ({ context, waypoint }) => (context === 'WAYPOINT') === (waypoint !== undefined),
    at: 'waypoint',
    reason: 'goes with context WAYPOINT, and that with it',
    remedy: 'give both or neither',
  },
)

const patch = message({
  operation: field(
    'How the value becomes part of what is there.',
    optional(
      enumeration({
        INVALID: 0,
        MERGE: 1,
        ADD: 2,
        REMOVE: 3,
        INSERT_BEFORE: 4,
        INSERT_AFTER: 5,
        INSERT_FIRST: 6,
        REPLACE: 7,
        MERGE_AND_REPLACE_LIST: 8,
      }),
    ),
  ),
  value: field("The piece of Envoy's configuration, as the JSON of its message.", optional(struct())),
  filterClass: field(
    'After which of the filters of the mesh an added filter comes.',
    optional(enumeration({ UNSPECIFIED: 0, AUTHN: 1, AUTHZ: 2, STATS: 3 })),
    { default: 'at the end' },
  ),
})

const configPatch = message({
  applyTo: field(
    'What is patched.',
    optional(
      enumeration({
        INVALID: 0,
        LISTENER: 1,
        FILTER_CHAIN: 2,
        NETWORK_FILTER: 3,
        HTTP_FILTER: 4,
        ROUTE_CONFIGURATION: 5,
        VIRTUAL_HOST: 6,
        HTTP_ROUTE: 7,
        CLUSTER: 8,
        EXTENSION_CONFIG: 9,
        BOOTSTRAP: 10,
        LISTENER_FILTER: 11,
      }),
    ),
  ),
  match: field('Where it is patched.', optional(match), { default: 'everywhere' }),
  patch: field('The patch.', optional(patch)),
})

const spec = message(
  {
    workloadSelector: field(
      'The workloads whose proxies are patched, in the namespace or, in the root namespace, everywhere.',
      optional(labelsSelector),
      { default: 'every workload of the namespace; in the root namespace every workload of the mesh' },
    ),
    targetRefs,
    configPatches: field('The patches, in the order in which they are applied.', optional(list(configPatch, 1000))),
    priority: field(
      'Among objects: the smaller is applied first; negative ones before those that say nothing.',
      optional(int32()),
      { default: '0' },
    ),
  },
  { exclusive: [['workloadSelector', 'targetRefs']] },
)

export type EnvoyFilterSpec = Value<typeof spec>
export type EnvoyFilterPatch = Value<typeof configPatch>
export type EnvoyFilterMatch = Value<typeof match>

export const envoyFilter = defineKind({
  name: 'EnvoyFilter',
  description: 'Patches of what Envoys are given: for what no other kind can say, and at your own risk.',
  plural: 'envoyfilters',
  shortNames: [],
  group: 'networking.istio.io',
  versions: ['v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'no patch is applied yet',
  check: ({ spec }, report) => checkEnvoyFilter(spec, report),
})
