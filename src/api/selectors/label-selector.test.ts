import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseLabelSelector } from './label-selector.ts'

const labels = { app: 'web', tier: 'front', 'example.com/team': 'a', empty: '' }

test('each form of requirement selects what Kubernetes says', () => {
  const selects: Readonly<Record<string, boolean>> = {
    '': true,
    'app=web': true,
    'app==web,tier!=back': true,
    'app!=web': false,
    'none!=x': true,
    'none=x': false,
    app: true,
    '!app': false,
    '!none': true,
    'tier in (front, back)': true,
    'tier notin (front,back)': false,
    'none notin (a)': true,
    'none in (a)': false,
    'tier in (back),app=web': false,
    ' example.com/team = a ': true,
    'empty=': true,
    'empty in ()': true,
  }
  for (const [selector, expected] of Object.entries(selects)) {
    assert.equal(parseLabelSelector(selector)(labels), expected, selector)
  }
})

test('what is no selector is refused, and members of every object are no labels', () => {
  for (const bad of ['app=web,', ',', 'a b', 'app in web', 'app in (a', 'a=b=c', '=x', '-x=y', 'app>3', 'a in (b)c']) {
    assert.throws(() => parseLabelSelector(bad), /labelSelector: /, bad)
  }
  assert.equal(parseLabelSelector('constructor')({}), false)
})

test('any text is judged, and equality selects by its value alone', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), text => {
      try {
        parseLabelSelector(text)({})
      } catch (error) {
        assert.match(String(error), /labelSelector: /)
      }
    }),
  )
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
  fc.assert(
    fc.property(word, word, word, (key, wanted, actual) => {
      assert.equal(parseLabelSelector(`${key}=${wanted}`)({ [key]: actual }), wanted === actual)
      assert.equal(parseLabelSelector(`${key} notin (${wanted})`)({ [key]: actual }), wanted !== actual)
    }),
  )
})
