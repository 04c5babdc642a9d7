import assert from 'node:assert/strict'
import test from 'node:test'
import { createRig, type Rig } from '../testing/rig.ts'

const service = `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}
---`

const entry = (namespace: string, resolution = 'STATIC'): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e, namespace: ${namespace}}
spec: {hosts: [api.shop.svc.cluster.local], location: MESH_INTERNAL, resolution: ${resolution}, ports: [{number: 81, name: http, protocol: HTTP}]}
---`

const said = (rig: Rig) =>
  [...rig.notices.values()].flat().map(notice => `${notice.kind} ${notice.namespace}/${notice.name}: ${notice.reason}`)

test('services that nobody else defines need no word', () => {
  assert.deepEqual(said(createRig(service)), [])
})

test('a host of another namespace is for clients of the own namespace only, and its author is told', () => {
  const rig = createRig(service + entry('evil'))
  assert.deepEqual(said(rig), [
    'ServiceEntry evil/e: api.shop.svc.cluster.local belongs to namespace shop, so only clients in evil get this one',
  ])
  rig.remove('Service', 'shop/api')
  assert.deepEqual(said(rig), [])
})

test('a definition that finds endpoints otherwise is left out, and its author is told', () => {
  assert.deepEqual(said(createRig(service + entry('shop', 'DNS'))), [
    'ServiceEntry shop/e: api defines api.shop.svc.cluster.local already and finds its endpoints otherwise (eds, not dns), so this one is left out',
  ])
  assert.deepEqual(said(createRig(service + entry('shop'))), [])
})
