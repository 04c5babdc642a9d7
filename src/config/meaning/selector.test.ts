import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { createGraph } from '../../graph/graph.ts'
import { type Labels, labelTerms, lookupSelected, selects } from './selector.ts'

test('an empty selector selects everything, and every pair must match', () => {
  assert.equal(selects(undefined, {}), true)
  assert.equal(selects({}, { app: 'x' }), true)
  assert.equal(selects({ app: 'x', tier: 'web' }, { app: 'x' }), false)
  assert.equal(selects({ app: 'x' }, { app: 'x', tier: 'web' }), true)
})

test('a label that objects have by nature selects nothing', () => {
  assert.equal(selects({ constructor: 'x' }, {}), false)
})

test('looking up a selector finds what filtering finds', () => {
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { maxKeys: 3 })
  const item = fc.record({ namespace: fc.constantFrom('n', 'm'), labels })
  const selector = labels.filter(one => Object.keys(one).length > 0)
  fc.assert(
    fc.property(fc.array(item), selector, (items, wanted) => {
      const graph = createGraph()
      const source = graph.source<{ namespace: string; labels: Labels; id: number }>('items')
      const index = source.index('label', one => labelTerms(one.namespace, one.labels))
      graph.commit(() => {
        for (const [id, one] of items.entries()) source.put(String(id), { ...one, id })
      })
      const found = lookupSelected(index, 'n', wanted).map(({ id }) => id)
      const expected = items.flatMap((one, id) => (one.namespace === 'n' && selects(wanted, one.labels) ? [id] : []))
      assert.deepEqual(
        found.sort((a, b) => a - b),
        expected,
      )
    }),
  )
})
