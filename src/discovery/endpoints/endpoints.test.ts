import assert from 'node:assert/strict'
import test from 'node:test'
import type { Endpoint } from '../endpoint.ts'
import { createRig, type Rig } from '../testing/rig.ts'

const api = 'shop/api.shop.svc.cluster.local'

const service = `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.0.0.1, selector: {app: api}, ports: [{name: http, port: 80, targetPort: web}, {name: admin, port: 90, targetPort: 9090}]}
---`

const pod = (name: string, ip: string, labels = ''): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: api, security.istio.io/tlsMode: istio, pod-template-hash: 7d9${labels}}}
spec: {serviceAccountName: api, nodeName: n1, containers: [{name: app, ports: [{name: web, containerPort: 8080}]}]}
status: {phase: Running, podIP: ${ip}, conditions: [{type: Ready, status: 'True'}]}
---`

const node = `
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z, topology.istio.io/subzone: s}}
---`

const slice = (endpoints: string, name = 'api-1'): string => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, namespace: shop, labels: {kubernetes.io/service-name: api}}
addressType: IPv4
ports: [{name: http, port: 8080}, {name: admin, port: 9090}]
endpoints: ${endpoints}
---`

const podEndpoint = (name: string, ip: string, conditions = '{}'): string =>
  `{addresses: [${ip}], conditions: ${conditions}, targetRef: {kind: Pod, name: ${name}, namespace: shop}}`

function endpoints(rig: Rig, port = 80, key = api): readonly Endpoint[] {
  return rig.facts.endpoints.get(key)?.ports.get(port) ?? []
}

const brief = (list: readonly Endpoint[]) => list.map(({ address, port, health }) => `${address}:${port} ${health}`)

test('an address of a slice carries identity, labels and locality of its pod', () => {
  const rig = createRig(
    service + node + pod('api-7d9-x', '10.1.0.1') + slice(`[${podEndpoint('api-7d9-x', '10.1.0.1')}]`),
  )
  assert.deepEqual(endpoints(rig), [
    {
      address: '10.1.0.1',
      port: 8080,
      health: 'healthy',
      locality: { region: 'r', zone: 'z', subZone: 's' },
      weight: 1,
      namespace: 'shop',
      serviceAccount: 'api',
      workloadName: 'api',
      tlsMode: 'istio',
      labels: { app: 'api', 'security.istio.io/tlsMode': 'istio', 'pod-template-hash': '7d9' },
      network: '',
      cluster: 'Kubernetes',
    },
  ])
  assert.deepEqual(brief(endpoints(rig, 90)), ['10.1.0.1:9090 healthy'])
})

test('without targetRef the pod is found by its address', () => {
  const rig = createRig(service + pod('p', '10.1.0.1') + slice('[{addresses: [10.1.0.1]}, {addresses: [10.1.0.9]}]'))
  assert.deepEqual(
    endpoints(rig).map(({ address, serviceAccount }) => `${address} ${serviceAccount}`),
    ['10.1.0.1 api', '10.1.0.9 '],
  )
})

test('conditions of a slice become health', () => {
  const rig = createRig(
    service +
      slice(`[
        {addresses: [10.1.0.1]},
        {addresses: [10.1.0.2], conditions: {ready: false}},
        {addresses: [10.1.0.3], conditions: {ready: false, serving: true, terminating: true}},
        {addresses: [10.1.0.4], conditions: {ready: false, serving: false, terminating: true}}]`),
  )
  assert.deepEqual(brief(endpoints(rig)), [
    '10.1.0.1:8080 healthy',
    '10.1.0.2:8080 unhealthy',
    '10.1.0.3:8080 draining',
    '10.1.0.4:8080 unhealthy',
  ])
})

test('an address in two slices counts once, in its better state', () => {
  const rig = createRig(
    service +
      slice('[{addresses: [10.1.0.1], conditions: {ready: false}}]') +
      slice('[{addresses: [10.1.0.1]}]', 'api-2'),
  )
  assert.deepEqual(brief(endpoints(rig)), ['10.1.0.1:8080 healthy'])
})

test('only the slices of the family of the service address count', () => {
  const rig = createRig(
    `${service}${slice('[{addresses: [10.1.0.1]}]')}
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: api-6, namespace: shop, labels: {kubernetes.io/service-name: api}}
addressType: IPv6
ports: [{name: http, port: 8080}]
endpoints: [{addresses: ['fd00::1']}]
`,
  )
  assert.deepEqual(brief(endpoints(rig)), ['10.1.0.1:8080 healthy'])
})

test('a service has an entry for each port, also without endpoints', () => {
  const rig = createRig(service)
  assert.deepEqual(
    [...(rig.facts.endpoints.get(api)?.ports ?? [])],
    [
      [80, []],
      [90, []],
    ],
  )
})

test('a Service selects WorkloadEntries too, whose own ports win over the target port', () => {
  const rig = createRig(
    `${service}
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm, namespace: shop, labels: {app: api}}
spec: {address: 192.0.2.7, ports: {http: 8088}, serviceAccount: vm, weight: 5, locality: r/z, network: n2}
`,
  )
  const [endpoint] = endpoints(rig)
  assert.deepEqual(endpoint, {
    address: '192.0.2.7',
    port: 8088,
    health: 'healthy',
    locality: { region: 'r', zone: 'z', subZone: '' },
    weight: 5,
    namespace: 'shop',
    serviceAccount: 'vm',
    workloadName: 'vm',
    tlsMode: 'istio',
    labels: { app: 'api' },
    network: 'n2',
    cluster: 'Kubernetes',
  })
  assert.deepEqual(brief(endpoints(rig, 90)), ['192.0.2.7:9090 healthy'])
})

const entry = (spec: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ext, namespace: shop}
spec: ${spec}
---`

test('a ServiceEntry selects WorkloadEntries and pods, and unready pods are unhealthy', () => {
  const rig = createRig(
    `${entry('{hosts: [x.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}], workloadSelector: {labels: {app: api}}}')}
${pod('p1', '10.1.0.1')}${pod('p2', '10.1.0.2').replace("'True'", "'False'")}
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm, namespace: shop}
spec: {address: 192.0.2.7, labels: {app: api}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: elsewhere, namespace: other}
spec: {address: 192.0.2.8, labels: {app: api}}
`,
  )
  const list = endpoints(rig, 80, 'shop/x.example.com')
  assert.deepEqual(brief(list), ['10.1.0.1:8080 healthy', '10.1.0.2:8080 unhealthy', '192.0.2.7:8080 healthy'])
  assert.deepEqual(
    list.map(({ tlsMode }) => tlsMode),
    ['istio', 'istio', 'disabled'],
  )
})

test('inline endpoints may have ports of their own and be sockets', () => {
  const rig = createRig(
    entry(
      '{hosts: [x.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 192.0.2.1, ports: {http: 8081}}, {address: 192.0.2.2}, {address: unix:///run/x.sock}]}',
    ),
  )
  assert.deepEqual(brief(endpoints(rig, 80, 'shop/x.example.com')), [
    '192.0.2.1:8081 healthy',
    '192.0.2.2:80 healthy',
    'unix:///run/x.sock:0 healthy',
  ])
})

test('a DNS ServiceEntry resolves its endpoints, or else its host', () => {
  const rig = createRig(
    entry(
      '{hosts: [x.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS, targetPort: 8443}]}',
    ),
  )
  assert.deepEqual(brief(endpoints(rig, 443, 'shop/x.example.com')), ['x.example.com:8443 healthy'])
  rig.apply(
    entry(
      '{hosts: [x.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}], endpoints: [{address: a.example.com, ports: {tls: 9443}}]}',
    ),
  )
  assert.deepEqual(brief(endpoints(rig, 443, 'shop/x.example.com')), ['a.example.com:9443 healthy'])
})

test('pods that have ended are no workloads', () => {
  const rig = createRig(
    entry(
      '{hosts: [x.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], workloadSelector: {labels: {app: api}}}',
    ) + pod('p1', '10.1.0.1').replace('phase: Running', 'phase: Succeeded'),
  )
  assert.deepEqual(endpoints(rig, 80, 'shop/x.example.com'), [])
})

test('the network is that of the pod, else of the root namespace', () => {
  const rig = createRig(
    `${service}${pod('p1', '10.1.0.1')}${pod('p2', '10.1.0.2', ', topology.istio.io/network: own')}${slice(
      `[${podEndpoint('p1', '10.1.0.1')}, ${podEndpoint('p2', '10.1.0.2')}]`,
    )}
apiVersion: v1
kind: Namespace
metadata: {name: istio-system, labels: {topology.istio.io/network: main}}
`,
  )
  assert.deepEqual(
    endpoints(rig).map(({ network }) => network),
    ['main', 'own'],
  )
})

test('the label istio-locality wins over the node', () => {
  const rig = createRig(
    service + node + pod('p1', '10.1.0.1', ', istio-locality: a.b.c') + slice(`[${podEndpoint('p1', '10.1.0.1')}]`),
  )
  assert.deepEqual(endpoints(rig)[0]?.locality, { region: 'a', zone: 'b', subZone: 'c' })
})

test('a change of one pod recomputes that workload and the services that it serves, and nothing else', () => {
  const other = (service + slice('[{addresses: [10.9.0.1]}]', 'o')).replaceAll(/\bapi\b/g, 'other')
  const rig = createRig(
    service +
      other +
      pod('p1', '10.1.0.1') +
      pod('p2', '10.1.0.2') +
      slice(`[${podEndpoint('p1', '10.1.0.1')}, ${podEndpoint('p2', '10.1.0.2')}]`),
  )
  const report = rig.apply(pod('p1', '10.1.0.1', ', version: v2'))
  assert.deepEqual(
    Object.fromEntries(report.recomputed),
    { podWorkloads: 1, endpoints: 1, serviceAccounts: 1 },
    'recomputed',
  )
  assert.deepEqual(Object.fromEntries(report.changed), { Pod: 1, podWorkloads: 1, endpoints: 1 })
})

test('a change of a WorkloadEntry recomputes only the services that select it', () => {
  const selecting = (app: string): string =>
    entry(
      `{hosts: [${app}.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], workloadSelector: {labels: {app: ${app}, tier: back}}}`,
    ).replace('name: ext', `name: ${app}`)
  const workload = (app: string, ip: string): string => `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ${app}, namespace: shop}
spec: {address: ${ip}, labels: {app: ${app}, tier: back}}
---`
  const apps = ['a', 'b', 'c', 'd']
  const rig = createRig(apps.map(app => selecting(app) + workload(app, '192.0.2.1')).join(''))
  const report = rig.apply(workload('c', '192.0.2.2'))
  assert.deepEqual(Object.fromEntries(report.recomputed), { entryWorkloads: 1, endpoints: 1, serviceAccounts: 1 })
  assert.deepEqual(brief(endpoints(rig, 80, 'shop/c.example.com')), ['192.0.2.2:80 healthy'])
})

test('a pod that changes in nothing that the mesh reads changes nothing', () => {
  const rig = createRig(service + pod('p1', '10.1.0.1') + slice(`[${podEndpoint('p1', '10.1.0.1')}]`))
  const report = rig.apply(pod('p1', '10.1.0.1').replace('name: app', 'name: renamed'))
  assert.deepEqual(Object.fromEntries(report.recomputed), { podWorkloads: 1 })
})
