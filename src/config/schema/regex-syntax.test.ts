import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { regexFault } from './regex-syntax.ts'

const accepted = [
  '',
  '^/api/v[0-9]+(/.*)?$',
  '(?i)abc',
  '(?P<name>a)|(?<other>b)',
  '[[:alpha:]_][^]a-]*',
  '[]a]',
  '\\d\\D\\pL\\p{Greek}\\x41\\x{10FFFF}\\Qa(b\\Ec',
  'a{2}b{2,}c{2,3}?',
  'a{,3}',
  '{a}',
  'a*?b+?c??',
  '\\/\\.\\-',
  '((a{10}){10}b{1000}){1}c{1000}',
  '(a{1000})*(b{500}){0}(c{1000}){0,1}',
]

const refused: readonly [string, RegExp][] = [
  ['(a', /without '\)'/],
  ['a)', /without '\('/],
  ['[a', /without '\]'/],
  ['*a', /repeats nothing/],
  ['a**', /repeats nothing/],
  ['a|*', /repeats nothing/],
  ['(?=a)', /looks around/],
  ['(?<!a)', /looks around/],
  ['(a)\\1', /refers back/],
  ['a\\', /lone/],
  ['\\c', /unknown escape/],
  ['[b-a]', /wrong way round/],
  ['[[:nope:]]', /unknown class/],
  ['a{1001}', /more than 1000/],
  ['(a{1000}){2}', /repeats 2000 times/],
  ['(x(a{10}|b){10}){11,}', /repeats 1100 times/],
  ['a{3,2}', /wrong way round/],
  ['(?>a)', /unknown group/],
  [`${'('.repeat(201)}${')'.repeat(201)}`, /nested deeper/],
]

test('RE2 syntax is accepted', () => {
  for (const pattern of accepted) assert.equal(regexFault(pattern), undefined, pattern)
})

test('what RE2 does not take is refused, with the reason', () => {
  for (const [pattern, reason] of refused) assert.match(regexFault(pattern) ?? 'accepted', reason, pattern)
})

test('istio 2026-006: any text of the longest length is judged in one pass, and never run', () => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '*',
    '+',
    '?',
    '{',
    '}',
    '\\',
    'a',
    '|',
    '(?',
    '(?P<',
    '[:',
    '\\Q',
    '1',
    ',',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 1024 }), parts => {
      const fault = regexFault(parts.join(''))
      return fault === undefined || fault.length > 0
    }),
    { numRuns: 300 },
  )
})
