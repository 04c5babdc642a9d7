import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plainEqual } from '../graph/equality.ts'
import { structuralHash } from './structural-hash.ts'

const plain = fc.anything({ withMap: true, withSet: true, withNullPrototype: false, maxDepth: 3 })

/** The same content in other objects, with keys, entries and members in another order. */
function shuffled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(shuffled)
  if (value instanceof Map) return new Map([...value.entries()].reverse().map(([key, item]) => [key, shuffled(item)]))
  if (value instanceof Set) return new Set([...value].reverse())
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item)]),
  )
}

test('equal values have equal hashes', () => {
  fc.assert(
    fc.property(plain, value => {
      const other = shuffled(value)
      if (plainEqual(value, other)) assert.equal(structuralHash(value), structuralHash(other))
    }),
  )
})

test('contents that differ in one place hardly ever have equal hashes', () => {
  const hashes = new Set<number>()
  for (let i = 0; i < 10_000; i++) {
    hashes.add(structuralHash({ kind: 'x', list: [{ address: `10.0.${i >> 8}.${i & 255}`, port: 80 }] }))
    hashes.add(structuralHash({ kind: 'x', list: [{ address: '10.0.0.0', port: i + 1000 }] }))
  }
  assert.ok(hashes.size > 19_990, String(hashes.size))
})
