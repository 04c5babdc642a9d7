import assert from 'node:assert/strict'
import test from 'node:test'
import { createRig } from './testing/rig.ts'

const service = (name: string, namespace: string, exportTo = '*'): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}, annotations: {networking.istio.io/exportTo: '${exportTo}'}}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}
---`

const entry = (name: string, namespace: string, spec: string, created = '2026-01-01T00:00:00Z'): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: '${created}'}
spec: {resolution: STATIC, location: MESH_INTERNAL, ports: [{number: 80, name: http, protocol: HTTP}], ${spec}}
---`

const sidecar = (spec: string, namespace = 'shop'): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: ${namespace}}
spec: ${spec}
---`

const key = (name: string, namespace: string) => `${namespace}/${name}.${namespace}.svc.cluster.local`

test('without a Sidecar a namespace sees what is exported to everybody, to it, and its own', () => {
  const rig = createRig(
    service('a', 'shop') +
      service('mine', 'shop', '.') +
      service('b', 'other') +
      service('private', 'other', '.') +
      service('shared', 'other', 'shop'),
  )
  assert.deepEqual(rig.scope({ namespace: 'shop' }).services, [
    key('b', 'other'),
    key('shared', 'other'),
    key('a', 'shop'),
    key('mine', 'shop'),
  ])
  assert.deepEqual(rig.scope({ namespace: 'third' }).services, [key('b', 'other'), key('a', 'shop')])
  assert.equal(rig.scope({ namespace: 'shop' }).listeners.length, 1)
  assert.equal(rig.scope({ namespace: 'shop' }).outboundTrafficPolicy, 'ALLOW_ANY')
})

test('namespaces that see the same share one list', () => {
  const rig = createRig(service('a', 'shop') + service('b', 'other'))
  assert.equal(rig.scope({ namespace: 'x' }).services, rig.scope({ namespace: 'shop' }).services)
})

test('a Sidecar narrows to the hosts that it names, per listener', () => {
  const rig = createRig(
    service('a', 'shop') +
      service('b', 'other') +
      service('c', 'other') +
      service('private', 'other', '.') +
      entry('ext', 'third', 'hosts: [a.example.com, example.com]') +
      sidecar(`
  egress:
    - port: {number: 8080, protocol: HTTP, name: http}
      bind: 127.0.0.2
      captureMode: NONE
      hosts: ['./*', 'other/b.other.svc.cluster.local']
    - hosts: ['*/*.example.com', 'other/*', '~fourth/*']
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}`),
  )
  const scope = rig.scope({ namespace: 'shop', sidecar: 'shop/default' })
  assert.deepEqual(scope.listeners, [
    {
      port: { number: 8080, protocol: 'http', name: 'http' },
      bind: '127.0.0.2',
      captureMode: 'NONE',
      services: [key('b', 'other'), key('a', 'shop')],
    },
    {
      bind: '',
      captureMode: 'DEFAULT',
      services: [key('b', 'other'), key('c', 'other'), 'third/a.example.com'],
    },
  ])
  assert.deepEqual(scope.services, [key('b', 'other'), key('c', 'other'), key('a', 'shop'), 'third/a.example.com'])
  assert.equal(scope.outboundTrafficPolicy, 'REGISTRY_ONLY')
})

test('what a Sidecar excludes is seen by none of the imports of its listener', () => {
  const rig = createRig(
    service('a', 'shop') +
      service('b', 'other') +
      service('c', 'other') +
      entry('ext', 'third', 'hosts: [a.example.com, b.example.com]') +
      sidecar(`
  egress:
    - port: {number: 8080, protocol: HTTP, name: http}
      hosts: ['./*', '~/*']
    - hosts: ['*/*', '~other/b.other.svc.cluster.local', '~third/a.example.com', '~/b.example.com', '~./none.example.com']`),
  )
  const scope = rig.scope({ namespace: 'shop', sidecar: 'shop/default' })
  assert.deepEqual(
    scope.listeners.map(({ services }) => services),
    [[], [key('c', 'other'), key('a', 'shop')]],
  )
})

test('a Sidecar that says nothing of egress narrows nothing', () => {
  const rig = createRig(
    service('a', 'shop') +
      service('b', 'other') +
      sidecar('{ingress: [{port: {number: 80, protocol: HTTP, name: http}, defaultEndpoint: "127.0.0.1:8080"}]}'),
  )
  assert.equal(rig.scope({ namespace: 'shop', sidecar: 'shop/default' }).services.length, 2)
})

test('of services with one host a namespace sees its own, others the oldest', () => {
  const rig = createRig(
    entry('x', 'one', 'hosts: [x.example.com]', '2026-02-01T00:00:00Z') +
      entry('x', 'two', 'hosts: [x.example.com]', '2026-01-01T00:00:00Z'),
  )
  assert.deepEqual(rig.scope({ namespace: 'one' }).services, ['one/x.example.com'])
  assert.deepEqual(rig.scope({ namespace: 'third' }).services, ['two/x.example.com'])
})

test('in one scope a host is one service, even when two listeners name two', () => {
  const rig = createRig(
    entry('x', 'one', 'hosts: [x.example.com]', '2026-02-01T00:00:00Z') +
      entry('x', 'two', 'hosts: [x.example.com]', '2026-01-01T00:00:00Z') +
      sidecar('{egress: [{port: {number: 1, protocol: HTTP, name: a}, hosts: ["one/*"]}, {hosts: ["two/*"]}]}'),
  )
  const scope = rig.scope({ namespace: 'shop', sidecar: 'shop/default' })
  assert.deepEqual(
    scope.listeners.map(({ services }) => services),
    [[], ['two/x.example.com']],
  )
})

test('nobody can pose as the service of another namespace by an older entry for its host', () => {
  const rig = createRig(
    service('api', 'shop') + entry('api', 'evil', 'hosts: [api.shop.svc.cluster.local]', '2000-01-01T00:00:00Z'),
  )
  assert.deepEqual(rig.scope({ namespace: 'third' }).services, [key('api', 'shop')])
  assert.deepEqual(rig.scope({ namespace: 'shop' }).services, [key('api', 'shop')])
  assert.deepEqual(rig.scope({ namespace: 'evil' }).services, ['evil/api.shop.svc.cluster.local'])
})

test('the policy for unknown hosts is that of the mesh where no Sidecar says otherwise', () => {
  const rig = createRig('', { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } })
  assert.equal(rig.scope({ namespace: 'shop' }).outboundTrafficPolicy, 'REGISTRY_ONLY')
})

test('ports and endpoints of a service change without waking a scope; a new service wakes those that see it', () => {
  const rig = createRig(service('a', 'shop') + service('hidden', 'other', '.'))
  rig.scope({ namespace: 'shop' })
  rig.scope({ namespace: 'other' })
  const ports = rig.apply(service('a', 'shop').replace('port: 80', 'port: 81'))
  assert.equal(ports.recomputed.get('scopes'), undefined)
  const hidden = rig.apply(service('hidden2', 'other', '.'))
  assert.equal(hidden.recomputed.get('publicView'), undefined)
  assert.equal(hidden.recomputed.get('scopes'), 1)
  const added = rig.apply(service('b', 'third'))
  assert.equal(added.recomputed.get('publicView'), 1)
  assert.equal(added.changed.get('scopes'), 2)
})
