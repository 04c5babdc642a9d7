import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadProtos } from '../platform/protobuf.ts'
import { ExtensionLists } from './extension-lists.ts'
import { decodeNode } from './requests.ts'

const nodeType = loadProtos(['envoy/config/core/v3/base.proto']).lookupType('envoy.config.core.v3.Node')

function nodeBytes(plain: Record<string, unknown>): Uint8Array {
  return nodeType.encode(nodeType.fromObject(plain)).finish()
}

const lists = fc.array(fc.record({ name: fc.string(), category: fc.string() }), { maxLength: 20 })

test('a node reads the same whether its extensions were seen before or not, and wherever they stand', () => {
  fc.assert(
    fc.property(fc.string(), lists, lists, (id, first, second) => {
      const names = [...first, ...second].map(({ name }) => name.toWellFormed())
      // Fields of a protobuf message may come in any order and in parts.
      const bytes = Buffer.concat([
        nodeBytes({ extensions: first }),
        nodeBytes({ id, userAgentName: 'envoy', clientFeatures: ['x'] }),
        nodeBytes({ extensions: second }),
      ])
      for (const round of ['first', 'again']) {
        const node = decodeNode(bytes)
        assert.equal(node.id, id.toWellFormed(), round)
        assert.deepEqual([...node.extensions].sort(), [...names].sort(), round)
      }
    }),
  )
})

test('nodes of one build share one list', () => {
  const extensions = [{ name: 'envoy.filters.http.router' }, { name: 'envoy.clusters.eds' }]
  const a = decodeNode(nodeBytes({ id: 'a', extensions }))
  const b = decodeNode(nodeBytes({ id: 'b', extensions }))
  assert.equal(a.extensions, b.extensions)
  assert.equal(b.id, 'b')
})

test('bytes that are no message are left to the codec', () => {
  const decode = (): readonly string[] => assert.fail('decoded')
  for (const hex of ['', '4a', '4a05', '4aff', '4affffffffffffffffffffff01', '0b', 'ff', '0a034a4a4a']) {
    assert.equal(new ExtensionLists().part(Buffer.from(hex, 'hex'), decode), undefined, hex)
  }
})

test('only the latest lists are kept', () => {
  const lately = new ExtensionLists()
  let decoded = 0
  const see = (i: number): void =>
    void lately.part(nodeBytes({ extensions: [{ name: `e${i}` }] }), () => {
      decoded++
      return []
    })
  for (let i = 0; i < 20; i++) see(i)
  see(19)
  assert.equal(decoded, 20)
  see(0)
  assert.equal(decoded, 21)
})
