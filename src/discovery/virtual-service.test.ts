import assert from 'node:assert/strict'
import test from 'node:test'
import { objectKey } from '../config/object.ts'
import { createRig, type Rig } from './testing/rig.ts'
import { virtualServiceFor } from './virtual-service.ts'

const virtualService = (name: string, namespace: string, hosts: string, more = ''): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: '${more.includes('old') ? '2020' : '2026'}-01-01T00:00:00Z'}
spec: {hosts: ${hosts}, http: [{route: [{destination: {host: x.example.com}}]}]${more.replace('old', '')}}
---`

const service = (name: string, namespace: string, annotations = ''): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}, annotations: {${annotations}}}
spec: {ports: [{name: http, port: 80}]}
---`

function routes(rig: Rig, client: string, key = 'shop/api.shop.svc.cluster.local'): string | undefined {
  const found = rig.facts.services.get(key)
  assert.ok(found !== undefined)
  const object = virtualServiceFor(rig.facts, client, found)
  return object === undefined ? undefined : objectKey(object)
}

test('a short host is of the namespace of the VirtualService, and clients everywhere are routed', () => {
  const rig = createRig(service('api', 'shop') + virtualService('api', 'shop', '[api]'))
  assert.equal(routes(rig, 'client'), 'shop/api')
  assert.equal(routes(rig, 'shop'), 'shop/api')
})

test('an exact host wins over wildcards, a longer wildcard over a shorter, and of one host the oldest', () => {
  const rig = createRig(
    service('api', 'shop') +
      virtualService('all', 'shop', "['*.local']", 'old') +
      virtualService('ns', 'shop', "['*.shop.svc.cluster.local']"),
  )
  assert.equal(routes(rig, 'shop'), 'shop/ns')
  rig.apply(virtualService('b', 'shop', '[api]'))
  assert.equal(routes(rig, 'shop'), 'shop/b')
  rig.apply(virtualService('c', 'shop', '[api]', 'old'))
  assert.equal(routes(rig, 'shop'), 'shop/c')
})

test('one that is not for the mesh gateway, or not exported, routes nobody', () => {
  const rig = createRig(
    service('api', 'shop') +
      virtualService('gateway', 'shop', '[api.shop.svc.cluster.local]', ', gateways: [istio-system/edge]') +
      virtualService('private', 'shop', '[api.shop.svc.cluster.local]', ", exportTo: ['.']"),
  )
  assert.equal(routes(rig, 'client'), undefined)
  assert.equal(routes(rig, 'shop'), 'shop/private')
})

test('istio 2026-002: a VirtualService cannot take the traffic of others to a service of another namespace', () => {
  const rig = createRig(
    service('api', 'shop') +
      virtualService('hijack', 'evil', '[api.shop.svc.cluster.local]', 'old') +
      virtualService('wild', 'evil', "['*.local']", 'old'),
  )
  assert.equal(routes(rig, 'client'), undefined)
  assert.equal(routes(rig, 'shop'), undefined)
  assert.equal(routes(rig, 'evil'), 'evil/hijack', 'its own clients are its own business')
  assert.deepEqual(rig.notices.get('VirtualService/evil/hijack'), [
    {
      kind: 'VirtualService',
      namespace: 'evil',
      name: 'hijack',
      field: 'spec.hosts[0]',
      reason: 'api.shop.svc.cluster.local belongs to namespace shop, so it is routed only for clients in evil',
      remedy: 'move the VirtualService to shop, or add evil to the annotation meshwright.io/routes-from of the service',
    },
  ])
  assert.equal(rig.notices.get('VirtualService/evil/wild')?.length, 1)
})

test('the root namespace, and namespaces that the service names, may route it for everybody', () => {
  const rig = createRig(
    service('api', 'shop', 'meshwright.io/routes-from: edge') +
      virtualService('edge', 'edge', '[api.shop.svc.cluster.local]'),
  )
  assert.equal(routes(rig, 'client'), 'edge/edge')
  assert.equal(rig.notices.get('VirtualService/edge/edge'), undefined)
  rig.apply(virtualService('mesh', 'istio-system', '[api.shop.svc.cluster.local]', 'old'))
  assert.equal(routes(rig, 'client'), 'istio-system/mesh')
  assert.equal(rig.notices.get('VirtualService/istio-system/mesh'), undefined)
})

test('a notice goes away when the service that it speaks of does', () => {
  const rig = createRig(service('api', 'shop') + virtualService('v', 'edge', '[api.shop.svc.cluster.local]'))
  assert.equal(rig.notices.size, 1)
  rig.remove('Service', 'shop/api')
  assert.equal(rig.notices.size, 0)
})
