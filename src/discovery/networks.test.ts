import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectOf } from '../config/kinds/catalogue.ts'
import type { MeshNetworks } from '../config/mesh/mesh-networks-message.ts'
import { parseConfigText } from '../config/parse.ts'
import { parseMeshNetworks } from '../config/parse-mesh-networks.ts'
import { createGraph } from '../graph/graph.ts'
import { createDiscovery, type Discovery } from './discovery.ts'
import { gatewaysIn, networkAt } from './networks.ts'

const networksFrom = (text: string): MeshNetworks => parseMeshNetworks(text, 'networks.yaml').networks

function discover(text: string, rootNetwork?: string): Discovery {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  graph.commit(() => {
    discovery.networks.put('mesh', networksFrom(text))
    if (rootNetwork === undefined) return
    const [root] = parseConfigText(
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system, labels: {topology.istio.io/network: ${rootNetwork}}}\n`,
      'root.yaml',
    ).objects
    discovery.sources.Namespace.put('/istio-system', root as ObjectOf<'Namespace'>)
  })
  return discovery
}

const twoNetworks = `
networks:
  wide: {endpoints: [{fromCidr: 10.0.0.0/8}, {fromCidr: "2001:db8::/32"}]}
  narrow: {endpoints: [{fromCidr: 10.1.0.0/16}, {fromCidr: 192.0.2.7}]}
`

test('an address is of the network whose range has it, the narrowest first', () => {
  const { networkPlacement } = discover(twoNetworks).facts
  const found = ['10.2.0.1', '10.1.0.1', '192.0.2.7', '192.0.2.8', '2001:db8::1', '2001:db9::1', 'a.example', ''].map(
    address => networkAt(networkPlacement, address),
  )
  assert.deepEqual(found, ['wide', 'narrow', 'narrow', '', 'wide', '', '', ''])
})

test("the root namespace's label goes before ranges, and so does the daemon's own cluster", () => {
  assert.equal(networkAt(discover(twoNetworks, 'labelled').facts.networkPlacement, '10.1.0.1'), 'labelled')
  const registry = `${twoNetworks}  own: {endpoints: [{fromRegistry: Kubernetes}]}\n`
  assert.equal(networkAt(discover(registry).facts.networkPlacement, '10.1.0.1'), 'own')
  const another = `${twoNetworks}  own: {endpoints: [{fromRegistry: another}]}\n`
  assert.equal(networkAt(discover(another).facts.networkPlacement, '10.1.0.1'), 'narrow')
})

test('gateways with an address count, each once, and weights divide by their number', () => {
  const gateways = gatewaysIn(
    discover(`
networks:
  a: {gateways: [{address: 192.0.2.2, port: 1}, {address: 192.0.2.1, port: 1}, {address: 192.0.2.1, port: 1}]}
  b: {gateways: [{address: 192.0.2.3, port: 1}, {address: 192.0.2.4, port: 1}, {address: 192.0.2.5, port: 1}]}
  c: {gateways: [{registryServiceName: gateway.example.com, port: 1}, {address: gateway.example.com, port: 1}]}
`).facts.networkGateways,
  )
  assert.deepEqual(
    [...gateways.byNetwork].map(([network, all]) => [network, all.map(({ address }) => address)]),
    [
      ['a', ['192.0.2.1', '192.0.2.2']],
      ['b', ['192.0.2.3', '192.0.2.4', '192.0.2.5']],
    ],
  )
  assert.equal(gateways.weightScale, 6)
})
