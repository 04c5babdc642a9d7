import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonText, parseYamlText } from './json-text.ts'

test('a member that is there twice is refused, however it is written, and only within one object', () => {
  assert.throws(() => parseJsonText('{"a":1,"a":2}'), /"a" twice/)
  assert.throws(() => parseJsonText('{"x":[{"a":1, "\\u0061" : 2}]}'), /"a" twice/)
  assert.deepEqual(parseJsonText('{"a":{"a":[{"a":1},{"a":"a\\"a{"}]}}'), { a: { a: [{ a: 1 }, { a: 'a"a{' }] } })
})

test('deep nesting and __proto__ are refused before anything walks over them', () => {
  assert.throws(() => parseJsonText(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /nested deeper/)
  assert.throws(() => parseJsonText('{"a":{"__proto__":{}}}'), /__proto__/)
  assert.throws(() => parseYamlText('a: {__proto__: {}}'), /__proto__/)
})

test('YAML is one document without aliases or keys that come twice', () => {
  assert.deepEqual(parseYamlText('a: [1, "1", true, null]\nb: {c: d}'), { a: [1, '1', true, null], b: { c: 'd' } })
  for (const bad of ['a: &x 1\nb: *x', 'a: 1\na: 2', 'a: 1\n---\nb: 2', '', 'a: !!js/function x']) {
    assert.throws(() => parseYamlText(bad), /the body/, bad)
  }
})

test('keys of YAML that are one name in JSON, or none, are refused', () => {
  assert.throws(() => parseYamlText('a: {1: b, "1": c}'), /"1" twice/)
  assert.throws(() => parseYamlText('? [a]\n: b'), /a list or a mapping/)
})

test('every JSON value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = JSON.stringify(value)
      if (text.includes('__proto__')) return
      assert.deepEqual(parseJsonText(text), JSON.parse(text))
    }),
  )
})
