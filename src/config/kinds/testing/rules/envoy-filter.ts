import { casesOf, type RuleTable } from '../rule-cases.ts'
import { selectionCases } from './policy-selection.ts'

const hcm = 'envoy.filters.network.http_connection_manager'
const lua = `name: envoy.filters.http.lua, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua, inlineCode: a}`
const remove = (match: string, applyTo = 'HTTP_FILTER'): string =>
  `spec: {configPatches: [{applyTo: ${applyTo}, match: {${match}}, patch: {operation: REMOVE}}]}`
const patch = (applyTo: string, operation: string): string =>
  `spec: {configPatches: [{applyTo: ${applyTo}, patch: {operation: ${operation}, value: {□}}}]}`
const at = 'spec.configPatches[0]'

export const envoyFilterRules: RuleTable = {
  kind: 'EnvoyFilter',
  apiVersion: 'networking.istio.io/v1alpha3',
  examples: [
    `spec:
  workloadSelector: {labels: {a: b}}
  priority: -1
  configPatches:
  - applyTo: HTTP_FILTER
    match:
      context: SIDECAR_INBOUND
      proxy: {proxyVersion: '1\\.2[89].*', metadata: {A: b}}
      listener:
        name: virtualInbound
        portNumber: 80
        portName: http
        listenerFilter: a
        filterChain:
          name: a
          sni: a.example
          transportProtocol: tls
          applicationProtocols: h2
          destinationPort: 80
          filter: {name: ${hcm}, subFilter: {name: envoy.filters.http.router}}
    patch: {operation: INSERT_BEFORE, filterClass: AUTHZ, value: {${lua}}}
  - applyTo: HTTP_ROUTE
    match:
      routeConfiguration:
        name: http.80
        portNumber: 80
        portName: http
        gateway: ns/gw
        vhost: {name: "a:80", domainName: a, route: {name: r, action: ROUTE}}
    patch: {operation: MERGE, value: {route: {timeout: 1.5s}, request_headers_to_add: [{header: {key: a, value: b}, append: true}]}}
  - applyTo: CLUSTER
    match: {cluster: {service: a.mesh, portNumber: 80, subset: v1, name: x}}
    patch:
      operation: MERGE_AND_REPLACE_LIST
      value:
        connect_timeout: 1s
        lbPolicy: MAGLEV
        lb_subset_config: {fallback_policy: 1}
        circuit_breakers: {thresholds: [{max_connections: "5"}]}
        metadata: {filter_metadata: {a: {b: [1, null, {c: true}]}}}
        typed_extension_protocol_options: null
  - applyTo: NETWORK_FILTER
    match: {context: WAYPOINT, waypoint: {portNumber: 1, route: {name: r}, filter: {name: f, subFilter: {name: s}}}}
    patch: {operation: REMOVE}`,
    'spec: {targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: a, namespace: ""}]}',
    `spec: {configPatches: [{applyTo: BOOTSTRAP, patch: {operation: MERGE, value: {stats_flush_interval: 5s, admin: {}}}}]}`,
  ],
  cases: [
    ...selectionCases('').filter(({ refused }) => !refused.includes('selector')),
    ...casesOf(
      'spec: {□}',
      {
        rule: 'it selects and points',
        refused: 'workloadSelector: {labels: {a: b}}, targetRefs: [{kind: Service, name: a}]',
        accepted: 'targetRefs: [{kind: Service, name: a}]',
        field: 'spec.targetRefs',
      },
      {
        rule: 'its selector names no label',
        warns: true,
        refused: 'workloadSelector: {}',
        accepted: 'workloadSelector: {labels: {a: b}}',
        field: 'spec.workloadSelector',
      },
    ),
    ...casesOf(
      'spec: {configPatches: [{□}]}',
      {
        rule: 'nothing is said to be patched',
        refused: 'patch: {operation: REMOVE}',
        accepted: 'patch: {operation: REMOVE}, applyTo: CLUSTER',
        field: `${at}.applyTo`,
      },
      {
        rule: 'there is no operation',
        refused: 'applyTo: CLUSTER',
        accepted: 'applyTo: CLUSTER, patch: {operation: REMOVE}',
        field: `${at}.patch.operation`,
      },
      {
        rule: 'the value is missing',
        refused: 'applyTo: CLUSTER, patch: {operation: MERGE}',
        accepted: 'applyTo: CLUSTER, patch: {operation: MERGE, value: {}}',
        field: `${at}.patch.value`,
      },
      {
        rule: 'the value is no mapping',
        refused: 'applyTo: CLUSTER, patch: {operation: MERGE, value: []}',
        accepted: 'applyTo: CLUSTER, patch: {operation: MERGE, value: {}}',
        field: `${at}.patch.value`,
      },
      {
        rule: 'what is no filter is replaced',
        warns: true,
        refused: 'applyTo: CLUSTER, patch: {operation: REPLACE, value: {name: a}}',
        accepted: 'applyTo: CLUSTER, patch: {operation: MERGE, value: {name: a}}',
        field: `${at}.patch.operation`,
      },
      {
        rule: 'a cluster is put before another',
        warns: true,
        refused: 'applyTo: CLUSTER, patch: {operation: INSERT_BEFORE, value: {name: a}}',
        accepted: 'applyTo: CLUSTER, patch: {operation: ADD, value: {name: a}}',
        field: `${at}.patch.operation`,
      },
      {
        rule: 'a route configuration is removed',
        warns: true,
        refused: 'applyTo: ROUTE_CONFIGURATION, patch: {operation: REMOVE}',
        accepted: 'applyTo: VIRTUAL_HOST, patch: {operation: REMOVE}',
        field: `${at}.patch.operation`,
      },
    ),
    ...casesOf(
      remove('□'),
      {
        rule: 'two sorts of things are matched',
        refused: 'listener: {}, cluster: {}',
        accepted: 'listener: {}',
        field: `${at}.match.cluster`,
      },
      {
        rule: 'an HTTP filter is chosen by a cluster',
        refused: 'cluster: {}',
        accepted: 'listener: {}',
        field: `${at}.match.cluster`,
      },
      {
        rule: 'a waypoint is matched in another context',
        refused: 'context: GATEWAY, waypoint: {}',
        accepted: 'context: WAYPOINT, waypoint: {}',
        field: `${at}.match.waypoint`,
      },
      {
        rule: 'the port of a waypoint is 0',
        refused: 'context: WAYPOINT, waypoint: {portNumber: 0}',
        accepted: 'context: WAYPOINT, waypoint: {portNumber: 1}',
        field: `${at}.match.waypoint.portNumber`,
      },
      {
        rule: 'the version of proxies is no regular expression',
        refused: 'proxy: {proxyVersion: "1.28("}',
        accepted: 'proxy: {proxyVersion: "1.28()"}',
        field: `${at}.match.proxy.proxyVersion`,
      },
      {
        rule: 'the version of proxies is too long',
        warns: true,
        refused: `proxy: {proxyVersion: ${'1'.repeat(4)}${'a'.repeat(1021)}}`,
        accepted: `proxy: {proxyVersion: ${'1'.repeat(4)}${'a'.repeat(1020)}}`,
        field: `${at}.match.proxy.proxyVersion`,
      },
      {
        rule: 'a filter is chosen without a name',
        refused: 'listener: {filterChain: {filter: {}}}',
        accepted: 'listener: {filterChain: {filter: {name: a}}}',
        field: `${at}.match.listener.filterChain.filter.name`,
      },
      {
        rule: 'an HTTP filter is sought in a filter that has none',
        refused: 'listener: {filterChain: {filter: {name: a, subFilter: {name: b}}}}',
        accepted: `listener: {filterChain: {filter: {name: ${hcm}, subFilter: {name: b}}}}`,
        field: `${at}.match.listener.filterChain.filter.subFilter`,
      },
      {
        rule: 'an HTTP filter is chosen without a name',
        refused: `listener: {filterChain: {filter: {name: ${hcm}, subFilter: {}}}}`,
        accepted: `listener: {filterChain: {filter: {name: ${hcm}, subFilter: {name: a}}}}`,
        field: `${at}.match.listener.filterChain.filter.subFilter.name`,
      },
      {
        rule: 'a filter is called by an old name',
        warns: true,
        refused: 'listener: {filterChain: {filter: {name: envoy.tcp_proxy}}}',
        accepted: 'listener: {filterChain: {filter: {name: envoy.filters.network.tcp_proxy}}}',
        field: `${at}.match.listener.filterChain.filter.name`,
      },
      {
        rule: 'an HTTP filter is called by an old name',
        warns: true,
        refused: `listener: {filterChain: {filter: {name: ${hcm}, subFilter: {name: envoy.router}}}}`,
        accepted: `listener: {filterChain: {filter: {name: ${hcm}, subFilter: {name: envoy.filters.http.router}}}}`,
        field: `${at}.match.listener.filterChain.filter.subFilter.name`,
      },
    ),
    {
      rule: 'a filter is chosen where a chain is patched',
      warns: true,
      refused: remove('listener: {filterChain: {filter: {name: a}}}', 'FILTER_CHAIN'),
      accepted: remove('listener: {filterChain: {filter: {name: a}}}', 'NETWORK_FILTER'),
      field: `${at}.match.listener.filterChain.filter`,
    },
    {
      rule: 'an HTTP filter is chosen where another is patched',
      refused: remove(`listener: {filterChain: {filter: {name: ${hcm}, subFilter: {name: b}}}}`, 'NETWORK_FILTER'),
      accepted: remove(`listener: {filterChain: {filter: {name: ${hcm}, subFilter: {name: b}}}}`),
      field: `${at}.match.listener.filterChain.filter.subFilter`,
    },
    ...casesOf(
      patch('CLUSTER', 'MERGE'),
      {
        rule: 'the value has a field that Envoy does not have',
        warns: true,
        refused: 'connect_timeouts: 1s',
        accepted: 'connect_timeout: 1s',
        field: `${at}.patch.value.connect_timeouts`,
      },
      {
        rule: 'a field of the value is written in both ways',
        refused: 'connect_timeout: 1s, connectTimeout: 1s',
        accepted: 'connectTimeout: 1s',
        field: `${at}.patch.value.connect_timeout`,
      },
      {
        rule: 'two fields of the value exclude each other',
        refused: 'type: STATIC, cluster_type: {name: a}',
        accepted: 'cluster_type: {name: a}',
        field: `${at}.patch.value.type`,
      },
      {
        rule: 'text of the value is a number',
        refused: 'name: 1',
        accepted: 'name: "1"',
        field: `${at}.patch.value.name`,
      },
      {
        rule: 'a truth of the value is text',
        refused: 'ignore_health_on_host_removal: "true"',
        accepted: 'ignore_health_on_host_removal: true',
        field: `${at}.patch.value.ignore_health_on_host_removal`,
      },
      {
        rule: 'a duration of the value is one of Go',
        refused: 'connect_timeout: 1m',
        accepted: 'connect_timeout: 60s',
        field: `${at}.patch.value.connect_timeout`,
      },
      {
        rule: 'a number of the value is negative',
        refused: 'per_connection_buffer_limit_bytes: -1',
        accepted: 'per_connection_buffer_limit_bytes: 0',
        field: `${at}.patch.value.per_connection_buffer_limit_bytes`,
      },
      {
        rule: 'a whole number of the value is none',
        refused: 'per_connection_buffer_limit_bytes: 1.5',
        accepted: 'per_connection_buffer_limit_bytes: 1.0',
        field: `${at}.patch.value.per_connection_buffer_limit_bytes`,
      },
      {
        rule: 'a fraction of the value is text',
        refused: 'common_lb_config: {healthy_panic_threshold: {value: half}}',
        accepted: 'common_lb_config: {healthy_panic_threshold: {value: "0.5"}}',
        field: `${at}.patch.value.common_lb_config.healthy_panic_threshold.value`,
      },
      {
        rule: 'a name of the value is none of the enum',
        refused: 'lb_policy: RING',
        accepted: 'lb_policy: RING_HASH',
        field: `${at}.patch.value.lb_policy`,
      },
      {
        rule: 'a list of the value is none',
        refused: 'circuit_breakers: {thresholds: {max_connections: 1}}',
        accepted: 'circuit_breakers: {thresholds: [{max_connections: 1}]}',
        field: `${at}.patch.value.circuit_breakers.thresholds`,
      },
      {
        rule: 'a message of the value is a single value',
        refused: 'circuit_breakers: 1',
        accepted: 'circuit_breakers: {}',
        field: `${at}.patch.value.circuit_breakers`,
      },
      {
        rule: 'a mapping of the value is a list',
        refused: 'typed_extension_protocol_options: []',
        accepted: 'typed_extension_protocol_options: {}',
        field: `${at}.patch.value.typed_extension_protocol_options`,
      },
      {
        rule: 'a free mapping of the value is text',
        refused: 'metadata: {filter_metadata: {a: b}}',
        accepted: 'metadata: {filter_metadata: {a: {b: c}}}',
        field: `${at}.patch.value.metadata.filter_metadata.a`,
      },
    ),
    ...casesOf(
      patch('HTTP_FILTER', 'INSERT_FIRST'),
      {
        rule: 'a filter has no settings',
        warns: true,
        refused: 'name: envoy.filters.http.lua',
        accepted: lua,
        field: `${at}.patch.value`,
      },
      {
        rule: 'the settings of a filter have no type',
        refused: 'name: a, typed_config: {inlineCode: a}',
        accepted: lua,
        field: `${at}.patch.value.typed_config.@type`,
      },
      {
        rule: 'the settings of a filter are text',
        refused: 'name: a, typed_config: b',
        accepted: 'name: a, typed_config: {}',
        field: `${at}.patch.value.typed_config`,
      },
      {
        rule: 'the type of a filter is misspelt',
        refused: lua.replace('v3.Lua', 'v3.Luna'),
        accepted: lua,
        field: `${at}.patch.value.typed_config.@type`,
      },
      {
        rule: 'the type of a filter is of the old API',
        refused: lua.replace('envoy.extensions.filters.http.lua.v3.Lua', 'envoy.config.filter.http.lua.v2.Lua'),
        accepted: lua,
        field: `${at}.patch.value.typed_config.@type`,
      },
      {
        rule: 'the type of a filter is of somebody else',
        warns: true,
        refused: lua.replace('envoy.extensions.filters.http.lua.v3.Lua', 'acme.filters.v1.Lua'),
        accepted: lua,
        field: `${at}.patch.value.typed_config.@type`,
      },
      {
        rule: 'the settings of a filter are wrong',
        refused: lua.replace('inlineCode: a', 'inlineCode: [a]'),
        accepted: lua,
        field: `${at}.patch.value.typed_config.inlineCode`,
      },
    ),
  ],
}
