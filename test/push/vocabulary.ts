/** A small vocabulary of configuration, so that random edits meet: few names, and a handful of contents for each. */

import fc from 'fast-check'
import type { AnyObject } from '../../src/config/kinds/catalogue.ts'
import type { MeshConfig } from '../../src/config/mesh-config.ts'
import type { EnvoyNode } from './envoy-client.ts'
import { type Edit, meshFrom, objectsFrom } from './pipeline.ts'

/** One client of each kind; two of one facet. */
export const nodes: readonly EnvoyNode[] = [
  node('web', 'shop', '10.1.0.1', { variant: 'delta' }),
  node('store', 'shop', '10.1.0.2', { variant: 'sotw' }),
  node('till', 'bank', '10.1.0.3', { variant: 'delta' }),
  node('store', 'bank', '10.1.0.4', { variant: 'sotw', interceptionMode: 'NONE' }),
  node('batch', 'shop', '10.1.0.5', { variant: 'delta', interceptionMode: 'NONE' }),
  node('web', 'shop', '10.1.0.6', { variant: 'delta' }),
]

function node(
  app: string,
  namespace: string,
  address: string,
  fields: Pick<EnvoyNode, 'variant'> & Partial<EnvoyNode>,
): EnvoyNode {
  return { name: `${app}-1`, namespace, address, labels: { app }, interceptionMode: 'REDIRECT', ...fields }
}

const namespaces = ['shop', 'bank']
const apps = ['store', 'web', 'till']
const hosts = ['store', 'web', 'till.bank.svc.cluster.local', 'store.shop.svc.cluster.local', 'api.example.com']

const service = (name: string, namespace: string, ports: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {clusterIP: ${clusterIp(name, namespace)}, selector: {app: ${name}}, ports: [${ports}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-a, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: http, port: 8080}, {name: tcp, port: 9000}]
endpoints: [{addresses: [10.1.0.2]}]
`

/** Two Services never have the same address. */
const clusterIp = (name: string, namespace: string): string =>
  `10.96.${namespaces.indexOf(namespace)}.${apps.indexOf(name) + 1}`

const slice = (name: string, namespace: string, addresses: readonly string[], ready: boolean): string => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-a, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: http, port: 8080}, {name: tcp, port: 9000}]
endpoints: [${addresses.map(address => `{addresses: [${address}], conditions: {ready: ${ready}}}`).join(', ')}]
`

const virtualService = (host: string, namespace: string, http: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host.split('.')[0]}, namespace: ${namespace}}
spec:
  hosts: [${host}]
  http: ${http}
  tcp: [{route: [{destination: {host: ${host}, port: {number: 9000}}}]}]
`

const object = (apiGroup: string, kind: string, name: string, namespace: string, spec: string): string => `
apiVersion: ${apiGroup}.istio.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
`

const name = fc.constantFrom(...apps)
const namespace = fc.constantFrom(...namespaces)
const host = fc.constantFrom(...hosts)

const httpPort = '{name: http, port: 80, targetPort: 8080}'
const tcpPort = '{name: tcp, port: 9000}'
const unsaidPort = '{name: other, port: 9000, targetPort: 9000}'
const ownPort = '{name: http, port: 8000, targetPort: 8080}'

const yaml: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        name,
        namespace,
        fc.constantFrom(
          httpPort,
          tcpPort,
          unsaidPort,
          ownPort,
          `${httpPort}, ${tcpPort}`,
          `${httpPort}, ${unsaidPort}`,
        ),
      )
      .map(given => service(...given)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(name, namespace, fc.subarray(['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4']), fc.boolean())
      .map(given => slice(...given)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        host,
        namespace,
        fc.oneof(
          host.map(to => `[{route: [{destination: {host: ${to}}}]}]`),
          host.map(to => `[{route: [{destination: {host: ${to}, subset: v1}}]}]`),
          fc
            .tuple(host, host)
            .map(
              ([a, b]) =>
                `[{route: [{destination: {host: ${a}}, weight: 30}, {destination: {host: ${b}}, weight: 70}], mirror: {host: ${a}}}]`,
            ),
          fc.constant('[{directResponse: {status: 503}}]'),
        ),
      )
      .map(given => virtualService(...given)),
  },
  fc
    .tuple(
      host,
      namespace,
      fc.constantFrom('', ', trafficPolicy: {tls: {mode: DISABLE}}', ', trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}'),
      fc.constantFrom('', ', subsets: [{name: v1, labels: {app: store}}]', ', subsets: [{name: v1, labels: {}}]'),
    )
    .map(([of, at, policy, subsets]) =>
      object('networking', 'DestinationRule', of.split('.')[0] ?? '', at, `{host: ${of}${policy}${subsets}}`),
    ),
  fc
    .tuple(
      namespace,
      fc.constantFrom('default', 'store'),
      fc.constantFrom(
        '[{hosts: ["./*"]}]',
        '[{hosts: ["bank/*", "shop/web.shop.svc.cluster.local"]}]',
        '[{port: {number: 80, protocol: HTTP, name: http}, hosts: ["*/*"]}]',
        '[{port: {number: 9100, protocol: TCP, name: tcp}, bind: 127.0.0.1, hosts: ["*/*"]}]',
        '[{hosts: ["~/*"]}]',
      ),
      fc.constantFrom(
        '',
        ', ingress: [{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: "127.0.0.1:9000"}]',
      ),
      fc.constantFrom('', ', outboundTrafficPolicy: {mode: REGISTRY_ONLY}'),
    )
    .map(([at, of, egress, ingress, policy]) => {
      const isSelecting = of === 'store'
      const selector = isSelecting ? 'workloadSelector: {labels: {app: store}}, ' : ''
      return object(
        'networking',
        'Sidecar',
        of,
        at,
        `{${selector}egress: ${egress}${isSelecting ? ingress : ''}${policy}}`,
      )
    }),
  fc
    .tuple(fc.constantFrom('istio-system', ...namespaces), fc.constantFrom('PERMISSIVE', 'STRICT', 'DISABLE'))
    .map(([at, mode]) => object('security', 'PeerAuthentication', 'default', at, `{mtls: {mode: ${mode}}}`)),
  fc
    .tuple(
      fc.constantFrom('istio-system', ...namespaces),
      fc.constantFrom('ALLOW', 'DENY'),
      fc.constantFrom('', 'selector: {matchLabels: {app: store}}, '),
      fc.constantFrom('{from: [{source: {namespaces: [shop]}}]}', '{to: [{operation: {methods: [GET]}}]}'),
    )
    .map(([at, action, selector, rule]) =>
      object('security', 'AuthorizationPolicy', 'policy', at, `{${selector}action: ${action}, rules: [${rule}]}`),
    ),
  fc
    .tuple(fc.constantFrom('DNS', 'STATIC'), fc.constantFrom('HTTP', 'TLS'), fc.constantFrom('"*"', '"."'))
    .map(([resolution, protocol, exportTo]) =>
      object(
        'networking',
        'ServiceEntry',
        'api',
        'shop',
        `{hosts: [api.example.com], exportTo: [${exportTo}], location: MESH_EXTERNAL, resolution: ${resolution},
          ports: [{number: 443, name: api, protocol: ${protocol}}], endpoints: [{address: 10.9.0.1}]}`,
      ),
    ),
  fc.tuple(namespace, fc.constantFrom('green', 'blue')).map(
    ([at, team]) => `
apiVersion: v1
kind: Namespace
metadata: {name: ${at}, labels: {team: ${team}}}
`,
  ),
  fc.tuple(fc.constantFrom('store', 'web'), fc.constantFrom('istio', 'disabled')).map(
    ([app, tlsMode]) => `
apiVersion: v1
kind: Pod
metadata: {name: ${app}-1, namespace: shop, labels: {app: ${app}, security.istio.io/tlsMode: ${tlsMode}}}
spec: {serviceAccountName: ${app}, containers: []}
status: {podIP: ${app === 'web' ? '10.1.0.1' : '10.1.0.2'}, phase: Running, conditions: [{type: Ready, status: "True"}]}
`,
  ),
)

const meshYaml = fc.constantFrom(
  '{}',
  'outboundTrafficPolicy: {mode: REGISTRY_ONLY}',
  'connectTimeout: 3s',
  'meshwright: {policyDelivery: INLINE}',
  'enableAutoMtls: false',
)

/** Parsed once per text: the parser is not what is tested. */
function parsedObjects(text: string): readonly AnyObject[] {
  const known = objects.get(text) ?? objectsFrom(text)
  objects.set(text, known)
  return known
}

function parsedMesh(text: string): MeshConfig {
  const known = meshes.get(text) ?? meshFrom(text)
  meshes.set(text, known)
  return known
}

const objects = new Map<string, readonly AnyObject[]>()
const meshes = new Map<string, MeshConfig>()

/** What one commit changes: mostly one object, sometimes several, removals among them. */
export interface EditPlan {
  readonly put: readonly string[]
  readonly remove: readonly string[]
  readonly mesh?: string
}

export const editPlan: fc.Arbitrary<EditPlan> = fc.oneof(
  { weight: 6, arbitrary: yaml.map(text => ({ put: [text], remove: [] })) },
  { weight: 3, arbitrary: yaml.map(text => ({ put: [], remove: [text] })) },
  {
    weight: 2,
    arbitrary: fc.record({ put: fc.array(yaml, { maxLength: 4 }), remove: fc.array(yaml, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: meshYaml.map(mesh => ({ put: [], remove: [], mesh })) },
)

export function editFrom({ put, remove, mesh }: EditPlan): Edit {
  return {
    put: put.flatMap(parsedObjects),
    remove: remove.flatMap(parsedObjects),
    ...(mesh === undefined ? {} : { mesh: parsedMesh(mesh) }),
  }
}

/** Where every history begins, so that it is about changes and not about an empty mesh. */
export const firstEdit: EditPlan = {
  put: [service('store', 'shop', httpPort), service('web', 'shop', ownPort), service('till', 'bank', tcpPort)],
  remove: [],
}
