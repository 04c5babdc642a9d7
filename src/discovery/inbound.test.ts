import assert from 'node:assert/strict'
import test from 'node:test'
import { type InboundTarget, inboundTargetsOf } from './inbound.ts'
import { createRig, type Rig } from './testing/rig.ts'

const service = (name: string, ports: string, created = '2026-01-01T00:00:00Z', namespace = 'shop'): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: '${created}'}
spec: {selector: {app: web}, ports: ${ports}}
---`

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec: {containers: [{name: app, ports: [{name: web, containerPort: 8080}]}]}
status: {phase: Pending, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: 'fd00:0:0::1'}]}
---`

const at = (rig: Rig, ...ipAddresses: string[]) => inboundTargetsOf(rig.facts, { namespace: 'shop', ipAddresses })
const brief = (targets: readonly InboundTarget[]) =>
  targets.map(({ service: key, servicePort, targetPort, protocol }) => {
    const name = key.slice(key.indexOf('/') + 1).replace('.shop.svc.cluster.local', '')
    return `${name}:${servicePort} → ${targetPort} ${protocol}`
  })

test('each service that selects a pod leads to it, even before it is ready', () => {
  const rig = createRig(
    service('web', '[{name: http, port: 80, targetPort: web}, {name: tcp, port: 90}]') +
      service('elsewhere', '[{port: 1}]', '2026-01-01T00:00:00Z', 'other') +
      pod,
  )
  assert.deepEqual(brief(at(rig, '10.1.0.1')), ['web:90 → 90 tcp', 'web:80 → 8080 http'])
  assert.deepEqual(brief(at(rig, '10.1.0.1', 'fd00::1')), ['web:90 → 90 tcp', 'web:80 → 8080 http'])
  assert.deepEqual(at(rig, '10.1.0.2'), [])
  assert.deepEqual(inboundTargetsOf(rig.facts, { namespace: 'other', ipAddresses: ['10.1.0.1'] }), [])
})

test('where two services lead to one port the oldest comes first', () => {
  const rig = createRig(
    service('a', '[{name: http, port: 80, targetPort: 8080}]', '2026-02-01T00:00:00Z') +
      service('b', '[{name: tcp, port: 81, targetPort: 8080}]') +
      pod,
  )
  assert.deepEqual(brief(at(rig, '10.1.0.1')), ['b:81 → 8080 tcp', 'a:80 → 8080 http'])
})

test('a ServiceEntry leads to the workloads that it selects and to its inline endpoints', () => {
  const rig = createRig(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: a, namespace: shop}
spec:
  hosts: [a.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
  workloadSelector: {labels: {app: vm}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: b, namespace: shop}
spec:
  hosts: [b.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 127.0.1.1, ports: {http: 9000}}]
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: one, namespace: shop}
spec: {address: 127.0.1.1, labels: {app: vm}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: two, namespace: shop}
spec: {address: 127.0.1.1, labels: {app: vm}, ports: {http: 8081}}
`)
  assert.deepEqual(brief(at(rig, '127.0.1.1')), [
    'a.example.com:80 → 8080 http',
    'a.example.com:80 → 8081 http',
    'b.example.com:80 → 9000 http',
  ])
})

test('a slice without pods leads to its addresses', () => {
  const rig = createRig(`${service('web', '[{name: http, port: 80}]')}
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.0.5]}]
`)
  assert.deepEqual(brief(at(rig, '10.1.0.5')), ['web:80 → 8080 http'])
})

test('inbound targets depend on the workload and the services that may select it, and nothing else', () => {
  const rig = createRig(service('web', '[{name: http, port: 80}]') + pod)
  const asked = rig.graph.source<string>('asked')
  rig.graph.derive({
    name: 'inbound',
    from: asked,
    reads: { ...rig.facts },
    map: (address, _key, reads) => inboundTargetsOf(reads, { namespace: 'shop', ipAddresses: [address] }),
  })
  rig.graph.commit(() => asked.put('one', '10.1.0.1'))
  const another = pod.replace('name: web, names', 'name: web2, names').replaceAll('10.1.0.1', '10.1.0.2')
  assert.equal(rig.apply(another).recomputed.get('inbound'), undefined)
  const unrelated = service('other', '[{name: http, port: 80}]').replace('app: web', 'app: other')
  assert.equal(rig.apply(unrelated).recomputed.get('inbound'), undefined)
  assert.equal(rig.apply(service('more', '[{name: http, port: 80}]')).recomputed.get('inbound'), 1)
  assert.equal(rig.apply(pod.replace('app: web', 'app: none')).recomputed.get('inbound'), 1)
})
