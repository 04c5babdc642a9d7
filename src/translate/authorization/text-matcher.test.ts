import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { matchesText } from './testing/matches-text.ts'
import { literal, stringMatcher, syntax, type TextMatcher, textMatcherFrom, withPrefix } from './text-matcher.ts'

/** What policies are made of, metacharacters of RE2 and of the policies' own syntax above all. */
const hostile = fc.string({
  unit: fc.constantFrom(...'ab01.+*?()|[]{}^$\\/:-_ %&~,@#"\'é\n'.split('')),
  maxLength: 12,
})
const plain = hostile.filter(text => text !== '' && !text.startsWith('*') && !text.endsWith('*'))

describe('text matchers', () => {
  test('CVE-2026-39350: a literal matches itself and nothing else', () => {
    fc.assert(
      fc.property(plain, hostile, (value, other) => {
        const matcher = textMatcherFrom(value)
        assert.ok(matchesText(stringMatcher(matcher), value))
        assert.equal(matchesText(stringMatcher(matcher), other), value === other)
      }),
    )
  })

  test('CVE-2026-39350: a literal inside a pattern matches itself and nothing else', () => {
    fc.assert(
      fc.property(plain, hostile, (value, other) => {
        const matcher: TextMatcher = { kind: 'pattern', parts: [syntax('<'), literal(value), syntax('>')] }
        assert.ok(matchesText(stringMatcher(matcher), `<${value}>`))
        assert.equal(matchesText(stringMatcher(matcher), `<${other}>`), value === other)
      }),
    )
  })

  test('a star at the end is a prefix, at the start a suffix, alone anything that is there', () => {
    fc.assert(
      fc.property(plain, hostile, (value, other) => {
        assert.equal(matchesText(stringMatcher(textMatcherFrom(`${value}*`)), other), other.startsWith(value))
        assert.equal(matchesText(stringMatcher(textMatcherFrom(`*${value}`)), other), other.endsWith(value))
        assert.equal(matchesText(stringMatcher(textMatcherFrom('*')), other), other !== '')
      }),
      {
        examples: [
          ['.', 'a'],
          ['a.b', 'aXb'],
          ['[a-z]', 'b'],
        ],
      },
    )
  })

  test('behind a prefix a matcher says the same of the rest', () => {
    fc.assert(
      fc.property(hostile, plain, hostile, (prefix, value, other) => {
        for (const form of [value, `${value}*`, `*${value}`, '*']) {
          const matcher = textMatcherFrom(form)
          const whole = matchesText(stringMatcher(withPrefix(prefix, matcher)), prefix + other)
          assert.equal(whole, matchesText(stringMatcher(matcher), other), form)
        }
      }),
    )
  })
})
