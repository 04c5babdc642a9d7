import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HostPatterns, overlaps } from './host-patterns.ts'

/** As the rule is stated: whether the pattern takes every name that `host`, itself perhaps a pattern, takes. */
function covers(pattern: string, host: string): boolean {
  const [a, b] = [pattern.toLowerCase(), host.toLowerCase()]
  return a === b || a === '*' || (a.startsWith('*') && b.endsWith(a.slice(1)))
}

const host = fc.constantFrom('*', '*.a', '*a', '*.b.a', 'a', 'A', 'b.a', 'ba', '*.B.a', 'c.b.a', '*.c', 'c', '*c.b.a')
const hosts = fc.array(host, { maxLength: 6 })

test('a name is covered as the rule says, pattern by pattern', () => {
  fc.assert(
    fc.property(hosts, host, (patterns, name) => {
      assert.equal(
        new HostPatterns(patterns).cover(name),
        patterns.some(pattern => covers(pattern, name)),
      )
    }),
  )
})

test('whoever meets a host before is found, with one that it meets', () => {
  fc.assert(
    fc.property(hosts, list => {
      const found = overlaps(list as readonly string[])
      const meet = (a: string, b: string): boolean => covers(a, b) || covers(b, a)
      for (const { index, before } of found) {
        assert.ok((list as readonly string[]).indexOf(before) < index)
        assert.ok(meet(before, list[index] ?? ''))
      }
      const expected = list.flatMap((name, index) =>
        list.slice(0, index).some(each => meet(each, name)) ? [index] : [],
      )
      if (expected.length === 0) assert.deepEqual(found, [])
      else assert.ok(found.length > 0)
    }),
  )
})
