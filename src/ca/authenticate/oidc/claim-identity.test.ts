import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshwrightError } from '../../../platform/errors.ts'
import { type Claims, hasClaims, type IdentityMapping, identityFromClaims } from './claim-identity.ts'

const uriOf = (claims: Claims, mapping: IdentityMapping): string => identityFromClaims(claims, mapping, 'td').uri
const unsuitable = (thrown: unknown) => thrown instanceof MeshwrightError && thrown.code === 'SPIFFE_ID_INVALID'

test('a service account comes from `sub`, or from the claim that the rule names', () => {
  const sub = 'system:serviceaccount:photo:web'
  assert.equal(uriOf({ sub }, { form: 'service-account' }), 'spiffe://td/ns/photo/sa/web')
  assert.equal(uriOf({ sub: 'x', who: sub }, { form: 'service-account', claim: 'who' }), 'spiffe://td/ns/photo/sa/web')
})

test('a SPIFFE id is taken only of the own trust domain', () => {
  assert.equal(uriOf({ sub: 'spiffe://td/ns/photo/sa/web' }, { form: 'spiffe-id' }), 'spiffe://td/ns/photo/sa/web')
  assert.throws(() => uriOf({ sub: 'spiffe://other/ns/photo/sa/web' }, { form: 'spiffe-id' }), unsuitable)
})

test('namespace and service account may come from claims inside claims, or be fixed', () => {
  const claims = { 'kubernetes.io': { namespace: 'photo', serviceaccount: { name: 'web' } } }
  const mapping: IdentityMapping = {
    form: 'parts',
    namespace: { claim: ['kubernetes.io', 'namespace'] },
    serviceAccount: { claim: ['kubernetes.io', 'serviceaccount', 'name'] },
  }
  assert.equal(uriOf(claims, mapping), 'spiffe://td/ns/photo/sa/web')
  assert.equal(uriOf(claims, { ...mapping, namespace: { value: 'ci' } }), 'spiffe://td/ns/ci/sa/web')
})

test('a claim that is absent, inherited, no text, or no name is refused', () => {
  const part =
    (value: unknown): (() => string) =>
    () =>
      uriOf({ name: value }, { form: 'parts', namespace: { value: 'ci' }, serviceAccount: { claim: 'name' } })
  for (const value of [undefined, 1, ['web'], {}, '', '.', '..', 'a/b', 'web\u0000', 'w%65b', 'wéb', 'a:b', ' web']) {
    assert.throws(part(value), unsuitable, JSON.stringify(value))
  }
  for (const claim of ['toString', '__proto__', 'constructor']) {
    assert.throws(() => uriOf({}, { form: 'service-account', claim }), unsuitable)
  }
})

test('required claims must be there with exactly that text, or in a list', () => {
  const claims = { group: ['a', 'b'], owner: 'me', level: 7 }
  assert.ok(hasClaims(claims, {}))
  assert.ok(hasClaims(claims, { owner: 'me', group: 'b' }))
  for (const wrong of [{ owner: 'Me' }, { group: 'c' }, { level: '7' }, { toString: 'x' }, { none: '' }]) {
    assert.equal(hasClaims(claims, wrong), false, JSON.stringify(wrong))
  }
})
