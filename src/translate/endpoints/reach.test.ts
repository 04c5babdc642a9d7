import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMeshNetworks } from '../../config/parse-mesh-networks.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { createTestWorld, testProxy } from '../testing/test-world.ts'
import { endpointsKind } from './kind.ts'

const gateways = `
networks:
  near: {endpoints: [{fromCidr: 10.1.0.0/16}], gateways: [{address: 192.0.2.1, port: 15443}]}
  far: {endpoints: [{fromCidr: 10.2.0.0/16}], gateways: [{address: 192.0.2.2, port: 15443}]}
`

const store = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: store, namespace: shop}
spec:
  hosts: [store.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 10.1.0.1, serviceAccount: store}, {address: 10.2.0.1, serviceAccount: store}]
`

function world() {
  const created = createTestWorld([endpointsKind])
  created.apply(store)
  const setNetworks = (text: string) =>
    created.translation.commit(() => {
      created.discovery.networks.put('mesh', parseMeshNetworks(text, 'networks.yaml').networks)
    })
  const seenBy = (fields: Partial<ProxyIdentity>): readonly string[] => {
    const [table] = created.translation.connect(testProxy('shop', fields)).tables(endpointsKind.typeUrl)
    const bytes = [...(table?.resources.values() ?? [])].map(({ any }) => any.toString('latin1'))
    return ['10.1.0.1', '10.2.0.1', '192.0.2.1', '192.0.2.2'].filter(address =>
      bytes.some(text => text.includes(address)),
    )
  }
  return { ...created, setNetworks, seenBy }
}

test('a client is of the network that it says, else of that of its address; else every gateway is for it', () => {
  const { setNetworks, seenBy } = world()
  setNetworks(gateways)
  assert.deepEqual(seenBy({ ipAddresses: ['10.1.0.9'] }), ['10.1.0.1', '192.0.2.2'])
  assert.deepEqual(seenBy({ ipAddresses: ['10.1.0.9'], network: 'far' }), ['10.2.0.1', '192.0.2.1'])
  assert.deepEqual(seenBy({ ipAddresses: ['10.9.0.9'] }), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(seenBy({ ipAddresses: ['fd00::1'], network: 'near' }), ['10.1.0.1'])
})

test('clients of networks that nobody knows share what they get, whatever they call them', () => {
  const { setNetworks, seenBy, translation } = world()
  setNetworks(gateways)
  for (const network of ['a', 'b', 'c\nd']) seenBy({ ipAddresses: ['10.9.0.9'], network })
  const facets = new Set(
    ['a', 'b'].map(network => translation.connect(testProxy('shop', { network })).tables(endpointsKind.typeUrl)[0]),
  )
  assert.equal(facets.size, 1)
})

test('a change of gateways costs the endpoints that clients are given, and no fact about services', () => {
  const { setNetworks, seenBy } = world()
  setNetworks(gateways)
  seenBy({ ipAddresses: ['10.1.0.9'] })
  const { recomputed } = setNetworks(gateways.replace('192.0.2.2', '192.0.2.3'))
  assert.deepEqual(
    ['networkGateways', 'endpoints', 'entryWorkloads', 'endpoints.resources'].map(name => recomputed.get(name) ?? 0),
    [1, 0, 0, 1],
  )
})

test('clients see gateways that come and go', () => {
  const { setNetworks, seenBy } = world()
  const client = { ipAddresses: ['10.1.0.9'] }
  assert.deepEqual(seenBy(client), ['10.1.0.1', '10.2.0.1'])
  setNetworks(gateways)
  assert.deepEqual(seenBy(client), ['10.1.0.1', '192.0.2.2'])
  setNetworks('networks: {}')
  assert.deepEqual(seenBy(client), ['10.1.0.1', '10.2.0.1'])
})
