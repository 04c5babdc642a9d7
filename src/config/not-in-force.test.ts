import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyObject } from './kinds/catalogue.ts'
import { notInForceOf } from './not-in-force.ts'
import { parseConfigText } from './parse.ts'

const objectOf = (text: string): AnyObject => {
  const [object] = parseConfigText(text, 'a.yaml').objects
  assert.ok(object !== undefined)
  return object
}

test('of a kind that nothing acts on, the whole object is not in force', () => {
  const gateway = objectOf(
    'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {servers: [{hosts: [a.example], port: {number: 80, name: a, protocol: HTTP}}]}\n',
  )
  assert.deepEqual(notInForceOf(gateway), [{ reason: 'no proxy is made a gateway yet' }])
})

test('an object that the mesh acts on wholly says nothing', () => {
  assert.deepEqual(
    notInForceOf(
      objectOf(
        'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a}\nspec: {mtls: {mode: STRICT}}\n',
      ),
    ),
    [],
  )
})

test('a field that is in force for some values only is named for the others', () => {
  const policy = (action: string): AnyObject =>
    objectOf(
      `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {action: ${action}, rules: [{}]${action === 'CUSTOM' ? ', provider: {name: a}' : ''}}\n`,
    )
  assert.deepEqual(notInForceOf(policy('DENY')), [])
  assert.deepEqual(
    notInForceOf(policy('CUSTOM')).map(({ field }) => field),
    ['spec.action', 'spec.provider'],
  )
})
