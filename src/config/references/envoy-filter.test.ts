import { type ReferenceCase, testReferences } from './testing/reference-cases.ts'

const filter = (match: string, more = ''): string =>
  `EnvoyFilter shop/f: spec: {${more}configPatches: [{applyTo: CLUSTER, match: ${match}, patch: {operation: MERGE, value: {connect_timeout: 1s}}}]}`
const routesFilter = (match: string): string =>
  `EnvoyFilter shop/f: spec: {configPatches: [{applyTo: ROUTE_CONFIGURATION, match: ${match}, patch: {operation: MERGE, value: {name: a}}}]}`
const pod = 'Pod shop/a: {app: a, istio: edge}'
const web = 'Service shop/web: spec: {selector: {app: a}, ports: [{port: 80}]}'
const edge = (selector: string): string =>
  `Gateway shop/edge: spec: {selector: ${selector}, servers: [{hosts: ["*"], port: {number: 80, name: http, protocol: HTTP}}]}`
const match = 'EnvoyFilter shop/f spec.configPatches[0].match'

const cases: readonly ReferenceCase[] = [
  {
    title: 'an EnvoyFilter selects no workload',
    code: 'SELECTS_NOTHING',
    around: [pod],
    faulty: filter('{context: ANY}', 'workloadSelector: {labels: {app: b}}, '),
    sound: filter('{context: ANY}', 'workloadSelector: {labels: {app: a}}, '),
    at: 'EnvoyFilter shop/f spec.workloadSelector.labels',
  },
  {
    title: 'an EnvoyFilter hangs on a Service that is not there',
    code: 'TARGET_NOT_FOUND',
    around: [web],
    faulty: filter('{context: ANY}', 'targetRefs: [{kind: Service, name: wep}], '),
    sound: filter('{context: ANY}', 'targetRefs: [{kind: Service, name: web}], '),
    at: 'EnvoyFilter shop/f spec.targetRefs[0].name',
  },
  {
    title: 'it patches gateways, and no Gateway selects what it selects',
    code: 'PATCH_NEVER_APPLIES',
    around: [pod, 'Pod shop/b: {app: b, istio: far}'],
    faulty: [filter('{context: GATEWAY}', 'workloadSelector: {labels: {app: a}}, '), edge('{istio: far}')],
    sound: [filter('{context: GATEWAY}', 'workloadSelector: {labels: {app: a}}, '), edge('{istio: edge}')],
    at: `${match}.context`,
  },
  {
    title: 'it patches gateways, and there is none',
    code: 'PATCH_NEVER_APPLIES',
    around: [pod, filter('{context: GATEWAY}')],
    faulty: [],
    sound: edge('{istio: edge}'),
    at: `${match}.context`,
  },
  {
    title: 'a sidecar has no routes of a Gateway',
    code: 'PATCH_NEVER_APPLIES',
    around: [pod, edge('{istio: edge}')],
    faulty: routesFilter('{context: SIDECAR_OUTBOUND, routeConfiguration: {gateway: shop/edge}}'),
    sound: routesFilter('{context: GATEWAY, routeConfiguration: {gateway: shop/edge}}'),
    at: `${match}.routeConfiguration.gateway`,
  },
  {
    title: 'routes are of a Gateway that is not there',
    code: 'GATEWAY_NOT_FOUND',
    around: [pod, edge('{istio: edge}')],
    faulty: routesFilter('{context: GATEWAY, routeConfiguration: {gateway: shop/edgy}}'),
    sound: routesFilter('{context: GATEWAY, routeConfiguration: {gateway: shop/edge}}'),
    at: `${match}.routeConfiguration.gateway`,
  },
  ...[
    ['^1\\\\.8.*', '^1\\\\.30.*'],
    ['^1\\\\.29', '1\\\\.29'],
    ['^1.2.3$', '^1.3?0.*'],
    ['^1\\\\.9', '^1\\\\.9|^1\\\\.30'],
  ].map(
    ([bad, good]): ReferenceCase => ({
      title: `no agent has a version that ${bad} matches, and ${good} may`,
      code: 'PATCH_NEVER_APPLIES',
      around: [pod],
      faulty: filter(`{proxy: {proxyVersion: "${bad}"}}`),
      sound: filter(`{proxy: {proxyVersion: "${good}"}}`),
      at: `${match}.proxy.proxyVersion`,
    }),
  ),
  {
    title: 'it patches the cluster of a host that nobody serves',
    code: 'HOST_NOT_FOUND',
    around: [pod, web],
    faulty: filter('{cluster: {service: web}}'),
    sound: filter('{cluster: {service: web.shop.svc.cluster.local, portNumber: 80}}'),
    at: `${match}.cluster.service`,
  },
  {
    title: 'it patches the cluster of a port that is not there',
    code: 'PORT_NOT_FOUND',
    around: [pod, web],
    faulty: filter('{cluster: {service: web.shop.svc.cluster.local, portNumber: 81}}'),
    sound: filter('{context: SIDECAR_INBOUND, cluster: {service: web.shop.svc.cluster.local, portNumber: 81}}'),
    at: `${match}.cluster.portNumber`,
  },
  {
    title: 'it patches the cluster of a subset that is not there',
    code: 'SUBSET_NOT_FOUND',
    around: [pod, web, 'DestinationRule shop/web: spec: {host: web, subsets: [{name: v1}]}'],
    faulty: filter('{cluster: {service: web.shop.svc.cluster.local, subset: v2}}'),
    sound: filter('{cluster: {service: web.shop.svc.cluster.local, subset: v1}}'),
    at: `${match}.cluster.subset`,
  },
]

testReferences(cases)
