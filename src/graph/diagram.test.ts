import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGraph } from './graph.ts'

test('a diagram shows sources, what is derived from what, and what is read', () => {
  const graph = createGraph()
  const a = graph.source<number>('a')
  const b = graph.source<number>('b')
  graph.derive({ name: 'sum', from: a, reads: { b, terms: b.index('all', () => ['x']) }, map: item => item })
  assert.equal(
    graph.diagram(),
    `flowchart LR
  n0[("a")]
  n1[("b")]
  n2["sum"]
  n0 ==> n2
  n1 -.-> n2
`,
  )
})

test('where many collections read the same many, a diagram has one line for each and not for each pair', () => {
  const graph = createGraph()
  const names = ['a', 'b', 'c', 'd']
  const reads = Object.fromEntries(names.map(name => [name, graph.source<number>(name)]))
  const from = graph.source<number>('from')
  for (const name of ['x', 'y', 'z']) graph.derive({ name, from, reads, map: item => item })
  const dotted = graph
    .diagram()
    .split('\n')
    .filter(line => line.includes('-.->'))
  assert.deepEqual(
    dotted.map(line => line.trim()),
    ['n0', 'n1', 'n2', 'n3'].map(id => `${id} -.-> b0`).concat(['n5', 'n6', 'n7'].map(id => `b0 -.-> ${id}`)),
  )
})
