/** Each reference that can go wrong, and its nearest neighbour that does not. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MeshConfigInput, meshConfigFrom } from '../mesh-config.ts'
import { type ReferenceCase, testReferences } from './testing/reference-cases.ts'
import { referencesOf, shownFindings } from './testing/scenes.ts'

const reviews = 'Service shop/reviews: spec: {selector: {app: reviews}, ports: [{port: 80, name: http}]}'
const ratings = 'Service shop/ratings: spec: {ports: [{port: 80, name: http}, {port: 9000, name: tcp}]}'
const rule = 'DestinationRule shop/reviews: spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}'
const route = (destination: string, more = ''): string =>
  `VirtualService shop/web: spec: {hosts: [reviews], http: [{route: [{destination: ${destination}}]}]${more}}`
const edge = 'Gateway shop/edge: spec: {servers: [{hosts: ["*"], port: {number: 80, name: http, protocol: HTTP}}]}'
const webHost = 'spec.http[0].route[0].destination'

const cases: readonly ReferenceCase[] = [
  {
    title: 'a route leads to a host that nobody serves',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty: route('{host: review}'),
    sound: route('{host: reviews}'),
    at: `VirtualService shop/web ${webHost}.host`,
  },
  {
    title: 'a mirror leads to a host that nobody serves',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty:
      'VirtualService shop/web: spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}], mirrors: [{destination: {host: none.example.com}}]}]}',
    sound:
      'VirtualService shop/web: spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}], mirrors: [{destination: {host: reviews.shop.svc.cluster.local}}]}]}',
    at: 'VirtualService shop/web spec.http[0].mirrors[0].destination.host',
  },
  {
    title: 'a TCP route leads to a host that nobody serves',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty: 'VirtualService shop/web: spec: {hosts: [reviews], tcp: [{route: [{destination: {host: x.example.com}}]}]}',
    sound: 'VirtualService shop/web: spec: {hosts: [reviews], tcp: [{route: [{destination: {host: reviews}}]}]}',
    at: 'VirtualService shop/web spec.tcp[0].route[0].destination.host',
  },
  {
    title: 'a wildcard of a ServiceEntry does not take the host',
    code: 'HOST_NOT_FOUND',
    around: [
      reviews,
      'ServiceEntry shop/wild: spec: {hosts: ["*.example.com"], ports: [{number: 80, name: http}], resolution: NONE}',
    ],
    faulty: route('{host: example.com}'),
    sound: route('{host: a.b.example.com}'),
    at: `VirtualService shop/web ${webHost}.host`,
  },
  {
    title: 'a mesh route is for a host that nobody serves',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty:
      'VirtualService shop/web: spec: {hosts: [shop.example.com], http: [{route: [{destination: {host: reviews}}]}]}',
    sound: route('{host: reviews}'),
    at: 'VirtualService shop/web spec.hosts[0]',
  },
  {
    title: 'a DestinationRule is for a host that nobody serves',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty: 'DestinationRule shop/a: spec: {host: review}',
    sound: 'DestinationRule shop/a: spec: {host: "*.shop.svc.cluster.local"}',
    at: 'DestinationRule shop/a spec.host',
  },
  {
    title: 'a Sidecar imports a host that nobody serves there',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty: 'Sidecar web/default: spec: {egress: [{hosts: ["./*", "web/reviews.shop.svc.cluster.local"]}]}',
    sound: 'Sidecar web/default: spec: {egress: [{hosts: ["./*", "shop/reviews.shop.svc.cluster.local"]}]}',
    at: 'Sidecar web/default spec.egress[0].hosts[1]',
  },
  {
    title: 'a Sidecar imports a namespace that serves nothing',
    code: 'HOST_NOT_FOUND',
    around: [reviews],
    faulty: 'Sidecar web/default: spec: {egress: [{hosts: ["shops/*"]}]}',
    sound: 'Sidecar web/default: spec: {egress: [{hosts: ["shop/*"]}]}',
    at: 'Sidecar web/default spec.egress[0].hosts[0]',
  },
  {
    title: 'the host is not exported to the namespace of the route',
    code: 'HOST_NOT_VISIBLE',
    around: [reviews],
    faulty: [
      'ServiceEntry other/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: DNS, exportTo: ["."]}',
      route('{host: a.example.com}'),
    ],
    sound: [
      'ServiceEntry other/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: DNS}',
      route('{host: a.example.com}'),
    ],
    at: `VirtualService shop/web ${webHost}.host`,
  },
  {
    title: 'the route is exported to clients that do not see its destination',
    code: 'HOST_NOT_VISIBLE',
    around: [
      reviews,
      'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: DNS, exportTo: ["."]}',
    ],
    faulty: route('{host: a.example.com}'),
    sound: route('{host: a.example.com}', ', exportTo: ["."]'),
    at: `VirtualService shop/web ${webHost}.host`,
  },
  {
    title: 'a subset that the DestinationRule does not have',
    code: 'SUBSET_NOT_FOUND',
    around: [reviews, rule],
    faulty: route('{host: reviews, subset: v2}'),
    sound: route('{host: reviews, subset: v1}'),
    at: `VirtualService shop/web ${webHost}.subset`,
  },
  {
    title: 'a subset of a host without DestinationRule',
    code: 'SUBSET_NOT_FOUND',
    around: [reviews],
    faulty: route('{host: reviews, subset: v1}'),
    sound: route('{host: reviews}'),
    at: `VirtualService shop/web ${webHost}.subset`,
  },
  {
    title: 'a subset that only a rule defines which does not count here',
    code: 'SUBSET_NOT_VISIBLE',
    around: [reviews, route('{host: reviews, subset: v1}')],
    faulty:
      'DestinationRule other/r: spec: {host: reviews.shop.svc.cluster.local, subsets: [{name: v1, labels: {version: v1}}]}',
    sound:
      'DestinationRule istio-system/r: spec: {host: reviews.shop.svc.cluster.local, subsets: [{name: v1, labels: {version: v1}}]}',
    at: `VirtualService shop/web ${webHost}.subset`,
  },
  {
    title: 'no workload of the service has the labels of a subset',
    code: 'SUBSET_SELECTS_NOTHING',
    around: [reviews, rule],
    faulty: 'Pod shop/a: {app: reviews, version: v2}',
    sound: 'Pod shop/a: {app: reviews, version: v1}',
    at: 'DestinationRule shop/reviews spec.subsets[0].labels',
  },
  {
    title: 'no endpoint that is written out has the labels of a subset',
    code: 'SUBSET_SELECTS_NOTHING',
    around: ['DestinationRule shop/r: spec: {host: a.example.com, subsets: [{name: v1, labels: {version: v1}}]}'],
    faulty:
      'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: STATIC, endpoints: [{address: 10.0.0.1}]}',
    sound:
      'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: STATIC, endpoints: [{address: 10.0.0.1, labels: {version: v1}}]}',
    at: 'DestinationRule shop/r spec.subsets[0].labels',
  },
  {
    title: 'the destination does not have the port',
    code: 'PORT_NOT_FOUND',
    around: [reviews, ratings],
    faulty: route('{host: ratings, port: {number: 81}}'),
    sound: route('{host: ratings, port: {number: 80}}'),
    at: `VirtualService shop/web ${webHost}.port.number`,
  },
  {
    title: 'a match is on a port that no host has',
    code: 'PORT_NOT_FOUND',
    around: [reviews],
    faulty:
      'VirtualService shop/web: spec: {hosts: [reviews], http: [{match: [{port: 81}], route: [{destination: {host: reviews}}]}]}',
    sound:
      'VirtualService shop/web: spec: {hosts: [reviews], http: [{match: [{port: 80}], route: [{destination: {host: reviews}}]}]}',
    at: 'VirtualService shop/web spec.http[0].match[0].port',
  },
  {
    title: 'settings are for a port that the host does not have',
    code: 'PORT_NOT_FOUND',
    around: [ratings],
    faulty:
      'DestinationRule shop/r: spec: {host: ratings, trafficPolicy: {portLevelSettings: [{port: {number: 81}, tls: {mode: DISABLE}}]}}',
    sound:
      'DestinationRule shop/r: spec: {host: ratings, trafficPolicy: {portLevelSettings: [{port: {number: 9000}, tls: {mode: DISABLE}}]}}',
    at: 'DestinationRule shop/r spec.trafficPolicy.portLevelSettings[0].port.number',
  },
  {
    title: 'the destination has several ports, and clients come in by another',
    code: 'PORT_REQUIRED',
    around: [ratings, 'Service shop/reviews: spec: {ports: [{port: 8080}]}'],
    faulty: route('{host: ratings}'),
    sound: route('{host: ratings, port: {number: 80}}'),
    at: `VirtualService shop/web ${webHost}`,
  },
  {
    title: 'a delegate that is not there',
    code: 'DELEGATE_NOT_FOUND',
    around: [reviews, 'VirtualService shop/web: spec: {hosts: [reviews], http: [{delegate: {name: more}}]}'],
    faulty: [],
    sound: 'VirtualService shop/more: spec: {http: [{route: [{destination: {host: reviews}}]}]}',
    at: 'VirtualService shop/web spec.http[0].delegate',
  },
  {
    title: 'a delegate that has hosts itself',
    code: 'DELEGATE_HAS_HOSTS',
    around: [reviews, ratings, 'VirtualService shop/web: spec: {hosts: [reviews], http: [{delegate: {name: more}}]}'],
    faulty: 'VirtualService shop/more: spec: {hosts: [ratings], http: [{route: [{destination: {host: reviews}}]}]}',
    sound: 'VirtualService shop/more: spec: {http: [{route: [{destination: {host: reviews}}]}]}',
    at: 'VirtualService shop/web spec.http[0].delegate',
  },
  {
    title: 'a delegate that is not exported to the one that names it',
    code: 'DELEGATE_NOT_VISIBLE',
    around: [
      reviews,
      'VirtualService shop/web: spec: {hosts: [reviews], http: [{delegate: {name: more, namespace: team}}]}',
    ],
    faulty:
      'VirtualService team/more: spec: {exportTo: ["."], http: [{route: [{destination: {host: reviews.shop.svc.cluster.local}}]}]}',
    sound:
      'VirtualService team/more: spec: {exportTo: [shop], http: [{route: [{destination: {host: reviews.shop.svc.cluster.local}}]}]}',
    at: 'VirtualService shop/web spec.http[0].delegate',
  },
  {
    title: 'a delegate that nobody delegates to',
    code: 'DELEGATE_UNUSED',
    around: [reviews, 'VirtualService shop/more: spec: {http: [{route: [{destination: {host: reviews}}]}]}'],
    faulty: [],
    sound: 'VirtualService shop/web: spec: {hosts: [reviews], http: [{delegate: {name: more}}]}',
    at: 'VirtualService shop/more spec',
  },
  {
    title: 'two VirtualServices route one host for the same clients: both are told',
    code: 'HOST_CONFLICT',
    around: [reviews, edge, route('{host: reviews}')],
    faulty:
      'VirtualService shop/other: spec: {hosts: [reviews.shop.svc.cluster.local], http: [{route: [{destination: {host: reviews}}]}]}',
    sound:
      'VirtualService shop/other: spec: {hosts: [reviews.shop.svc.cluster.local], gateways: [edge], http: [{route: [{destination: {host: reviews}}]}]}',
    at: ['VirtualService shop/other spec.hosts[0]', 'VirtualService shop/web spec.hosts[0]'],
  },
  {
    title: 'two VirtualServices of different namespaces conflict only where a client sees both',
    code: 'HOST_CONFLICT',
    around: [reviews, route('{host: reviews}', ', exportTo: [".", team]')],
    faulty:
      'VirtualService team/other: spec: {hosts: [reviews.shop.svc.cluster.local], exportTo: ["."], http: [{route: [{destination: {host: reviews.shop.svc.cluster.local}}]}]}',
    sound:
      'VirtualService far/other: spec: {hosts: [reviews.shop.svc.cluster.local], exportTo: ["."], http: [{route: [{destination: {host: reviews.shop.svc.cluster.local}}]}]}',
    at: ['VirtualService shop/web spec.hosts[0]', 'VirtualService team/other spec.hosts[0]'],
  },
  {
    title: 'two DestinationRules of a namespace are for one host: both are told',
    code: 'HOST_CONFLICT',
    around: [reviews, rule],
    faulty: 'DestinationRule shop/other: spec: {host: reviews.shop.svc.cluster.local}',
    sound: 'DestinationRule team/other: spec: {host: reviews.shop.svc.cluster.local}',
    at: ['DestinationRule shop/other spec.host', 'DestinationRule shop/reviews spec.host'],
  },
  {
    title: 'a gateway that is not there, in the spec and in a match',
    code: 'GATEWAY_NOT_FOUND',
    around: [
      reviews,
      'VirtualService shop/web: spec: {hosts: [a.example.com], gateways: [edge], http: [{match: [{gateways: [shop/edge]}], route: [{destination: {host: reviews}}]}]}',
    ],
    faulty: [],
    sound: edge,
    at: ['VirtualService shop/web spec.gateways[0]', 'VirtualService shop/web spec.http[0].match[0].gateways[0]'],
  },
  {
    title: 'a gateway that does not take the host',
    code: 'GATEWAY_HOST_MISMATCH',
    around: [
      reviews,
      'VirtualService shop/web: spec: {hosts: [a.example.com], gateways: [edge/edge], http: [{route: [{destination: {host: reviews}}]}]}',
    ],
    faulty:
      'Gateway edge/edge: spec: {servers: [{hosts: [shop/b.example.com, "team/*", "./*"], port: {number: 80, name: http, protocol: HTTP}}]}',
    sound:
      'Gateway edge/edge: spec: {servers: [{hosts: ["shop/*.example.com"], port: {number: 80, name: http, protocol: HTTP}}]}',
    at: 'VirtualService shop/web spec.hosts[0]',
  },
  {
    title: 'a Gateway selects no workload of any namespace',
    code: 'SELECTS_NOTHING',
    around: ['Pod edge/a: {istio: gateway}'],
    faulty:
      'Gateway shop/edge: spec: {selector: {istio: gatewy}, servers: [{hosts: ["*"], port: {number: 80, name: http, protocol: HTTP}}]}',
    sound:
      'Gateway shop/edge: spec: {selector: {istio: gateway}, servers: [{hosts: ["*"], port: {number: 80, name: http, protocol: HTTP}}]}',
    at: 'Gateway shop/edge spec.selector',
  },
  {
    title: 'a policy hangs on a Service that is not there',
    code: 'TARGET_NOT_FOUND',
    around: ['AuthorizationPolicy shop/a: spec: {targetRefs: [{kind: Service, name: reviews}]}'],
    faulty: [],
    sound: reviews,
    at: 'AuthorizationPolicy shop/a spec.targetRefs[0].name',
  },
  {
    title: 'a policy hangs on a ServiceEntry that is not there',
    code: 'TARGET_NOT_FOUND',
    around: [
      'RequestAuthentication shop/a: spec: {targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: a}]}',
    ],
    faulty: 'ServiceEntry team/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: DNS}',
    sound: 'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: DNS}',
    at: 'RequestAuthentication shop/a spec.targetRefs[0].name',
  },
  {
    title: 'a policy selects no workload',
    code: 'SELECTS_NOTHING',
    around: ['Pod shop/a: {app: reviews, version: v1}', 'Pod other/a: {app: review}'],
    faulty: 'AuthorizationPolicy shop/a: spec: {selector: {matchLabels: {app: review}}}',
    sound: 'AuthorizationPolicy shop/a: spec: {selector: {matchLabels: {app: reviews, version: v1}}}',
    at: 'AuthorizationPolicy shop/a spec.selector.matchLabels',
  },
  {
    title: 'a policy of the root namespace selects in all, another does not',
    code: 'SELECTS_NOTHING',
    around: ['Pod shop/a: {app: reviews}'],
    faulty: 'PeerAuthentication team/a: spec: {selector: {matchLabels: {app: reviews}}}',
    sound: 'PeerAuthentication istio-system/a: spec: {selector: {matchLabels: {app: reviews}}}',
    at: 'PeerAuthentication team/a spec.selector.matchLabels',
  },
  {
    title: 'a Sidecar selects no workload, not even in the root namespace',
    code: 'SELECTS_NOTHING',
    around: ['Pod shop/a: {app: reviews}'],
    faulty: 'Sidecar istio-system/a: spec: {workloadSelector: {labels: {app: reviews}}, egress: [{hosts: ["./*"]}]}',
    sound: 'Sidecar shop/a: spec: {workloadSelector: {labels: {app: reviews}}, egress: [{hosts: ["./*"]}]}',
    at: 'Sidecar istio-system/a spec.workloadSelector.labels',
  },
  {
    title: 'a ServiceEntry selects no workload',
    code: 'SELECTS_NOTHING',
    around: ['Pod shop/b: {app: b}'],
    faulty:
      'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: STATIC, workloadSelector: {labels: {app: a}}}',
    sound:
      'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: STATIC, workloadSelector: {labels: {app: b}}}',
    at: 'ServiceEntry shop/a spec.workloadSelector.labels',
  },
  {
    title: 'two PeerAuthentications are for a whole namespace: both are told',
    code: 'SELECTOR_CONFLICT',
    around: ['PeerAuthentication shop/a: spec: {mtls: {mode: STRICT}}'],
    faulty: 'PeerAuthentication shop/b: spec: {mtls: {mode: DISABLE}}',
    sound: 'PeerAuthentication team/b: spec: {mtls: {mode: DISABLE}}',
    at: ['PeerAuthentication shop/a spec', 'PeerAuthentication shop/b spec'],
  },
  {
    title: 'two Sidecars have one selector: both are told',
    code: 'SELECTOR_CONFLICT',
    around: [
      'Pod shop/a: {app: a, version: v1}',
      'Sidecar shop/a: spec: {workloadSelector: {labels: {app: a}}, egress: [{hosts: ["./*"]}]}',
    ],
    faulty: 'Sidecar shop/b: spec: {workloadSelector: {labels: {app: a}}, egress: [{hosts: ["./*"]}]}',
    sound: 'Sidecar shop/b: spec: {workloadSelector: {labels: {version: v1}}, egress: [{hosts: ["./*"]}]}',
    at: ['Sidecar shop/a spec.workloadSelector', 'Sidecar shop/b spec.workloadSelector'],
  },
  {
    title: 'a WorkloadEntry that no service selects',
    code: 'ENTRY_UNUSED',
    around: ['WorkloadEntry shop/vm: spec: {address: 10.0.0.1, labels: {app: vm, version: v1}}'],
    faulty: 'Service team/vm: spec: {selector: {app: vm}, ports: [{port: 80}]}',
    sound: 'Service shop/vm: spec: {selector: {app: vm}, ports: [{port: 80}]}',
    at: 'WorkloadEntry shop/vm spec.labels',
  },
]

testReferences(cases)

test('providers are looked up in the mesh settings, and a change of these is seen', () => {
  const custom = (name: string): string =>
    `AuthorizationPolicy shop/a: spec: {action: CUSTOM, provider: {name: ${name}}, rules: [{}]}`
  const telemetry =
    'Telemetry shop/t: spec: {tracing: [{providers: [{name: spans}]}], accessLogging: [{providers: [{name: envoy}]}]}'
  const at = { service: 'authz.shop.svc.cluster.local', port: 80 }
  const mesh: MeshConfigInput = {
    extensionProviders: [
      { name: 'authz', envoyExtAuthzGrpc: at },
      { name: 'spans', opentelemetry: at },
    ],
  }
  assert.deepEqual(shownFindings(referencesOf({ objects: [custom('authz'), telemetry], mesh })), [])
  assert.deepEqual(shownFindings(referencesOf({ objects: [custom('spans')], mesh })), [
    'AuthorizationPolicy shop/a spec.provider.name PROVIDER_NOT_FOUND',
  ])
  const references = referencesOf({ objects: [custom('authz'), telemetry] })
  assert.deepEqual(shownFindings(references), [
    'AuthorizationPolicy shop/a spec.provider.name PROVIDER_NOT_FOUND',
    'Telemetry shop/t spec.tracing[0].providers[0].name PROVIDER_NOT_FOUND',
  ])
  references.apply({ mesh: meshConfigFrom(mesh) })
  assert.deepEqual(shownFindings(references), [])
})

test('selectors are not judged where no workload is known at all', () => {
  const policy = 'AuthorizationPolicy shop/a: spec: {selector: {matchLabels: {app: review}}}'
  assert.deepEqual(shownFindings(referencesOf({ objects: [policy, reviews] })), [])
})

test('what is told names the object, its place, and what to do', () => {
  const [problem] = referencesOf({ objects: [reviews, route('{host: review}')] }).problemsOf({
    kind: 'VirtualService',
    namespace: 'shop',
    name: 'web',
  })
  assert.deepEqual(problem, {
    severity: 'warning',
    file: 'scene.yaml',
    line: 6,
    column: 1,
    kind: 'VirtualService',
    namespace: 'shop',
    name: 'web',
    code: 'HOST_NOT_FOUND',
    field: `${webHost}.host`,
    reason: 'no Service and no ServiceEntry serves review.shop.svc.cluster.local',
    remedy: 'correct the host, or add a ServiceEntry for it',
  })
})
