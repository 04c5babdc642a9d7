import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigChange } from '../config/files/file-ledger.ts'
import { objectKey } from '../config/object.ts'
import { createHostOwnership } from './host-ownership.ts'
import { defaultSettings } from './settings.ts'
import { createRig, parseYaml, type Rig } from './testing/rig.ts'
import { virtualServiceFor } from './virtual-service.ts'

const service = (annotations = '{}') => `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, annotations: ${annotations}}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}
---`
const route = (namespace: string, host: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v, namespace: ${namespace}}
spec: {hosts: ['${host}'], http: [{route: [{destination: {host: evil.${namespace}.svc.cluster.local}}]}], ${more}}
---`
const entry = (namespace: string, host: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: ${namespace}}
spec: {hosts: ['${host}'], location: MESH_INTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], ${more}}
---`
const host = 'api.shop.svc.cluster.local'
const changesOf = (yaml: string): readonly ConfigChange[] =>
  parseYaml(yaml).map(object => ({ kind: object.kind, key: objectKey(object), object }))
const refusals = (rig: Rig, yaml: string): readonly string[] =>
  createHostOwnership({ discovery: rig })(changesOf(yaml)).map(({ field, reason }) => `${field}: ${reason}`)

test('2026-002: a VirtualService for a host of another namespace is refused at the door', () => {
  const rig = createRig(service())
  const belongs = `spec.hosts[0]: ${host} belongs to namespace shop`
  assert.deepEqual(refusals(rig, route('evil', host)), [belongs])
  assert.deepEqual(refusals(rig, route('evil', host.toUpperCase())), [belongs])
  assert.deepEqual(refusals(rig, route('evil', host, 'gateways: [mesh, edge/gateway]')), [belongs])
  assert.deepEqual(refusals(rig, route('evil', host, "exportTo: ['shop']")), [belongs])
  for (const wildcard of ['*.cluster.local', '*.shop.svc.cluster.local'])
    assert.deepEqual(refusals(rig, route('evil', wildcard)), [
      `spec.hosts[0]: ${wildcard} covers ${host}, which belongs to namespace shop`,
    ])
})

test('2026-002: from a source without a door it is in force for clients of its own namespace only', () => {
  const rig = createRig(service() + route('evil', host))
  const at = { key: `shop/${host}` }
  assert.equal(virtualServiceFor(rig.facts, 'shop', at), undefined)
  assert.equal(virtualServiceFor(rig.facts, 'third', at), undefined)
  assert.equal(virtualServiceFor(rig.facts, 'evil', at)?.metadata.name, 'v')
  assert.equal([...rig.notices.values()].flat().length, 1)
})

test('the own namespace, the root namespace, and those that the owner names may route for everybody', () => {
  const rig = createRig(service('{meshwright.io/routes-from: edge}'))
  for (const namespace of ['shop', 'istio-system', 'edge']) assert.deepEqual(refusals(rig, route(namespace, host)), [])
  assert.equal(refusals(rig, route('other', host)).length, 1)
})

test('for clients of the own namespace everybody may route a service that is exported to it, and only then', () => {
  const own = route('other', host, "exportTo: ['.']")
  assert.deepEqual(refusals(createRig(service()), own), [])
  const hidden = createRig(service("{networking.istio.io/exportTo: '.'}"))
  assert.deepEqual(refusals(hidden, own), [`spec.hosts[0]: ${host} is not exported to namespace other`])
})

test('routes of a gateway and hosts outside the mesh are nobody’s', () => {
  const rig = createRig(service() + entry('shop', 'x.example.com').replace('MESH_INTERNAL', 'MESH_EXTERNAL'))
  assert.deepEqual(refusals(rig, route('other', host, 'gateways: [edge/gateway]')), [])
  assert.deepEqual(refusals(rig, route('other', 'x.example.com')), [])
})

test('a ServiceEntry for a host of another namespace is refused, also before that namespace has the service', () => {
  const rig = createRig(service() + entry('shop', 'db.internal'))
  assert.deepEqual(refusals(rig, entry('evil', host)), [`spec.hosts[0]: ${host} belongs to namespace shop`])
  assert.deepEqual(refusals(rig, entry('evil', 'new.shop.svc.cluster.local')).length, 1)
  assert.deepEqual(refusals(rig, entry('evil', 'db.internal')), [
    'spec.hosts[0]: db.internal belongs to namespace shop',
  ])
  assert.deepEqual(refusals(rig, entry('evil', host, "exportTo: ['.']")), [])
  assert.deepEqual(refusals(rig, entry('shop', host)), [])
})

test('what the same transaction makes and takes away counts', () => {
  const rig = createRig()
  assert.equal(refusals(rig, service() + route('evil', host)).length, 1)
  assert.deepEqual(refusals(rig, service('{meshwright.io/routes-from: evil}') + route('evil', host)), [])
  const full = createRig(service())
  const removal: ConfigChange = { kind: 'Service', key: 'shop/api', object: undefined }
  assert.deepEqual(createHostOwnership({ discovery: full })([removal, ...changesOf(route('evil', host))]), [])
})

test('with the rule off it is as Istio has it, in the door and in the facts', () => {
  const settings = { ...defaultSettings, hostOwnership: 'anybody' } as const
  const rig = createRig(service() + route('evil', host), {}, settings)
  assert.deepEqual(createHostOwnership({ discovery: rig, settings })(changesOf(route('evil', host))), [])
  assert.equal(virtualServiceFor(rig.facts, 'third', { key: `shop/${host}` })?.metadata.name, 'v')
  assert.deepEqual([...rig.notices.values()].flat(), [])
})
