import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGraph } from './graph.ts'

test('the sources of an item are those that its derivation has read, the nearest first', () => {
  const graph = createGraph()
  const far = graph.source<string>('far')
  const near = graph.source<string>('near')
  const middle = graph.derive({
    name: 'middle',
    from: far,
    reads: {},
    map: (item: string) => item.toUpperCase(),
  })
  const byLetter = near.index('letter', item => [item.slice(0, 1)])
  graph.deriveMany({
    name: 'words',
    from: middle,
    reads: { byLetter },
    map: (item: string, key, reads) => [[`${key}!`, [item, ...reads.byLetter.lookup(key)]] as const],
  })
  graph.commit(() => {
    far.put('a', 'x')
    far.put('b', 'y')
    near.put('1', 'apple')
    near.put('2', 'berry')
  })
  assert.deepEqual(graph.ancestors({ collection: 'words', key: 'a!', limit: 100 }), [
    { collection: 'near', key: '1' },
    { collection: 'far', key: 'a' },
  ])
  assert.deepEqual(graph.ancestors({ collection: 'words', key: 'a!', limit: 2 }), [])
  graph.commit(() => near.put('3', 'acorn'))
  assert.deepEqual(
    graph.ancestors({ collection: 'words', key: 'a!', limit: 100 }).map(({ key }) => key),
    ['1', '3', 'a'],
  )
  graph.commit(() => far.remove('a'))
  assert.deepEqual(graph.ancestors({ collection: 'words', key: 'a!', limit: 100 }), [])
})
