import assert from 'node:assert/strict'
import test from 'node:test'
import { createRig } from '../testing/rig.ts'

const key = (name: string, namespace = 'shop') => `${namespace}/${name}.${namespace}.svc.cluster.local`

test('a Kubernetes Service has its cluster host, its addresses and the protocols of its ports', () => {
  const { facts } = createRig(`
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, creationTimestamp: '2026-01-01T00:00:00Z'}
spec:
  clusterIP: 10.0.0.1
  clusterIPs: [10.0.0.1, 'fd00::1']
  selector: {app: api}
  ports: [{name: http-web, port: 80, targetPort: 8080}, {name: db, port: 3306}, {name: x, port: 9, appProtocol: grpc}]
`)
  assert.deepEqual(facts.services.get(key('api')), {
    key: key('api'),
    hostname: 'api.shop.svc.cluster.local',
    namespace: 'shop',
    name: 'api',
    registry: 'Kubernetes',
    addresses: ['10.0.0.1', 'fd00::1'],
    headless: false,
    ports: [
      { number: 80, name: 'http-web', protocol: 'http' },
      { number: 3306, name: 'db', protocol: 'tcp' },
      { number: 9, name: 'x', protocol: 'grpc' },
    ],
    resolution: 'eds',
    meshExternal: false,
    exportTo: ['*'],
    subjectAltNames: [],
    routesFrom: [],
    createdAt: '2026-01-01T00:00:00Z',
  })
  assert.deepEqual(
    facts.servicesByHost.lookup('api.shop.svc.cluster.local').map(service => service.key),
    [key('api')],
  )
})

test('a headless Service goes to the address that the client was given', () => {
  const { facts } = createRig(`
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, ports: [{port: 5432}]}
`)
  const service = facts.services.get(key('db'))
  assert.equal(service?.headless, true)
  assert.equal(service?.resolution, 'passthrough')
  assert.deepEqual(service?.addresses, [])
})

test('an ExternalName Service is the name that it stands for, outside the mesh', () => {
  const { facts } = createRig(`
apiVersion: v1
kind: Service
metadata: {name: ext, namespace: shop}
spec: {type: ExternalName, externalName: API.example.com, ports: [{name: http, port: 80}]}
`)
  assert.equal(facts.services.get(key('ext'))?.resolution, 'dns')
  assert.equal(facts.services.get(key('ext'))?.meshExternal, true)
  assert.deepEqual(
    facts.endpoints
      .get(key('ext'))
      ?.ports.get(80)
      ?.map(({ address, port }) => `${address}:${port}`),
    ['api.example.com:80'],
  )
})

test('annotations of a Service say who sees it, who may run it and who may route it', () => {
  const { facts } = createRig(`
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: shop
  annotations:
    networking.istio.io/exportTo: "., other"
    alpha.istio.io/canonical-serviceaccounts: spiffe://old/vm
    alpha.istio.io/kubernetes-serviceaccounts: a, b
    meshwright.io/routes-from: edge
spec: {ports: [{port: 80}]}
`)
  const service = facts.services.get(key('api'))
  assert.deepEqual(service?.exportTo, ['other', 'shop'])
  assert.deepEqual(service?.routesFrom, ['edge'])
  assert.deepEqual(facts.serviceAccounts.get(key('api')), [
    'spiffe://cluster.local/ns/shop/sa/a',
    'spiffe://cluster.local/ns/shop/sa/b',
    'spiffe://old/vm',
  ])
})

test('each host of a ServiceEntry is a service', () => {
  const { facts } = createRig(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ext, namespace: shop}
spec:
  hosts: [A.example.com, b.example.com]
  addresses: [192.0.2.4]
  ports: [{number: 443, name: tls, protocol: TLS}]
  resolution: DNS
  exportTo: ['.']
  subjectAltNames: [san.example.com]
`)
  assert.deepEqual([...facts.services.keys()].sort(), ['shop/a.example.com', 'shop/b.example.com'])
  const service = facts.services.get('shop/a.example.com')
  assert.equal(service?.resolution, 'dns')
  assert.equal(service?.meshExternal, true)
  assert.deepEqual(service?.exportTo, ['shop'])
  assert.deepEqual(service?.addresses, ['192.0.2.4'])
  assert.deepEqual(service?.subjectAltNames, ['san.example.com'])
  assert.deepEqual(service?.ports, [{ number: 443, name: 'tls', protocol: 'tls' }])
})

test('a ServiceEntry host without a dot is that very name, and what DNS is asked for', () => {
  const { facts } = createRig(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: local, namespace: shop}
spec:
  hosts: [localhost]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
`)
  assert.deepEqual([...facts.services.keys()], ['shop/localhost'])
  const endpoints = facts.endpoints.get('shop/localhost')?.ports.get(80) ?? []
  assert.deepEqual(
    endpoints.map(({ address }) => address),
    ['localhost'],
  )
})

const entry = (name: string, created: string, spec: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: shop, creationTimestamp: '${created}'}
spec: ${spec}
---`

test('two ServiceEntries of one host in one namespace are one service with the ports of both, the oldest leading', () => {
  const rig = createRig(
    entry(
      'new',
      '2026-02-01T00:00:00Z',
      '{hosts: [x.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}, {number: 90, name: tcp, protocol: TCP}], endpoints: [{address: 192.0.2.2}]}',
    ) +
      entry(
        'old',
        '2026-01-01T00:00:00Z',
        '{hosts: [x.example.com], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: grpc, protocol: GRPC}], endpoints: [{address: 192.0.2.1}]}',
      ),
  )
  const service = rig.facts.services.get('shop/x.example.com')
  assert.equal(service?.createdAt, '2026-01-01T00:00:00Z')
  assert.deepEqual(
    service?.ports.map(({ number, protocol }) => `${number} ${protocol}`),
    ['80 grpc', '90 tcp'],
  )
  const addresses = (port: number) =>
    rig.facts.endpoints
      .get('shop/x.example.com')
      ?.ports.get(port)
      ?.map(({ address }) => address)
  assert.deepEqual(addresses(80), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(addresses(90), ['192.0.2.2'])
  rig.remove('ServiceEntry', 'shop/old')
  assert.deepEqual(addresses(80), ['192.0.2.2'])
  assert.equal(rig.facts.services.get('shop/x.example.com')?.createdAt, '2026-02-01T00:00:00Z')
})

test('a Kubernetes Service leads over a ServiceEntry of the same host, which is left out when it finds endpoints otherwise', () => {
  const { facts } = createRig(
    `${entry('ext', '2025-01-01T00:00:00Z', '{hosts: [api.shop.svc.cluster.local], resolution: DNS, ports: [{number: 81, name: http, protocol: HTTP}]}')}
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}
`,
  )
  assert.equal(facts.services.get(key('api'))?.registry, 'Kubernetes')
  assert.deepEqual(
    facts.services.get(key('api'))?.ports.map(({ number }) => number),
    [80],
  )
})

test('a mesh default says who sees a service that says nothing itself', () => {
  const { facts } = createRig(
    'apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {ports: [{port: 80}]}\n',
    { defaultServiceExportTo: ['.'] },
  )
  assert.deepEqual(facts.services.get(key('api'))?.exportTo, ['shop'])
})
