import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { HttpMatch } from './http-match.ts'
import { shadowedRoutes } from './route-shadowing.ts'

const shown = (...routes: readonly (readonly HttpMatch[])[]): readonly string[] =>
  shadowedRoutes(routes.map((matches, index) => ({ field: String(index), matches }))).map(
    ({ field, by }) => `${field} by ${by}`,
  )

const prefix = (text: string): HttpMatch => ({ uri: { prefix: text } })
const exact = (text: string): HttpMatch => ({ uri: { exact: text } })

test('what stands behind a route without matches is never reached', () => {
  assert.deepEqual(shown([], [prefix('/a')], []), ['1 by 0', '2 by 0'])
  assert.deepEqual(shown([prefix('/a')], []), [])
  assert.deepEqual(shown([{}], [prefix('/a')]), ['1 by 0.match[0]'])
  assert.deepEqual(shown([prefix('/a'), { uri: {} }], [prefix('/b')]), ['1 by 0.match[1]'])
})

test('a longer prefix behind a shorter one is never reached, the other way round it is', () => {
  assert.deepEqual(shown([prefix('/a')], [prefix('/ab'), exact('/a')]), ['1 by 0.match[0]'])
  assert.deepEqual(shown([prefix('/ab')], [prefix('/a')]), [])
  assert.deepEqual(shown([exact('/a')], [prefix('/a')], [exact('/a')]), ['2 by 0.match[0]'])
  assert.deepEqual(shown([prefix('/')], [exact('/b')]), ['1 by 0.match[0]'])
})

test('of a route that has matches left only those without a chance are told', () => {
  assert.deepEqual(shown([prefix('/a')], [prefix('/ab'), prefix('/b')]), ['1.match[0] by 0.match[0]'])
})

test('other conditions must be the same, or none before', () => {
  const posts = { method: { exact: 'POST' } }
  assert.deepEqual(shown([{ ...prefix('/a'), ...posts }], [prefix('/a')]), [])
  assert.deepEqual(shown([prefix('/a')], [{ ...prefix('/ab'), ...posts }]), ['1 by 0.match[0]'])
  assert.deepEqual(shown([{ ...prefix('/a'), ...posts, name: 'x' }], [{ ...exact('/ab'), ...posts }]), [
    '1 by 0.match[0]',
  ])
  assert.deepEqual(shown([{ ...prefix('/a'), gateways: ['a', 'b'] }], [{ ...prefix('/a'), gateways: ['b', 'a'] }]), [
    '1 by 0.match[0]',
  ])
  assert.deepEqual(shown([{ ...prefix('/A'), ignoreUriCase: true }], [prefix('/a')]), [])
  assert.deepEqual(shown([{ uri: { regex: 'a+' } }], [{ uri: { regex: 'a+' } }], [{ uri: { regex: 'a*' } }]), [
    '1 by 0.match[0]',
  ])
})

test('the stack of prefixes finds what comparing every pair finds', () => {
  const path = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 4 }).map(parts => parts.join(''))
  const match = fc
    .tuple(fc.constantFrom('prefix', 'exact'), path, fc.constantFrom({}, { method: { exact: 'POST' } }))
    .map(([kind, text, other]): HttpMatch => ({ uri: { [kind]: text }, ...other }))
  const covers = (early: HttpMatch, late: HttpMatch): boolean => {
    if (early.method !== undefined && late.method === undefined) return false
    const text = late.uri?.exact ?? late.uri?.prefix ?? ''
    if (early.uri?.exact !== undefined) return late.uri?.exact === early.uri.exact
    // An empty prefix is none at all; an exact path may well be empty.
    return text.startsWith(early.uri?.prefix ?? '')
  }
  fc.assert(
    fc.property(fc.array(match, { maxLength: 12 }), matches => {
      const found = shadowedRoutes(matches.map((each, index) => ({ field: String(index), matches: [each] })))
      const expected = matches.flatMap((late, index) => {
        const by = matches.findIndex((early, before) => before < index && covers(early, late))
        return by < 0 ? [] : [{ field: String(index), by: `${by}.match[0]` }]
      })
      assert.deepEqual(found, expected)
    }),
    { numRuns: 500 },
  )
})
