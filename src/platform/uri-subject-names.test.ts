import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUriSubjectNames } from './uri-subject-names.ts'

test('only the URI entries count', () => {
  assert.deepEqual(parseUriSubjectNames('DNS:a.b, URI:spiffe://t/ns/a/sa/b, IP Address:1.2.3.4'), [
    'spiffe://t/ns/a/sa/b',
  ])
  assert.deepEqual(parseUriSubjectNames('URI:spiffe://a, URI:spiffe://b'), ['spiffe://a', 'spiffe://b'])
  assert.deepEqual(parseUriSubjectNames(undefined), [])
})

test('a name that pretends to be two is one', () => {
  assert.deepEqual(parseUriSubjectNames('DNS:"a, URI:spiffe://admin", URI:spiffe://me'), ['spiffe://me'])
  assert.deepEqual(parseUriSubjectNames('URI:"spiffe://a\\", URI:spiffe://b"'), ['spiffe://a", URI:spiffe://b'])
})

test('text of another form is not understood', () => {
  for (const text of ['URI', 'URI:"open', 'URI:a,URI:b', ', URI:a']) {
    assert.equal(parseUriSubjectNames(text), undefined, text)
  }
})
