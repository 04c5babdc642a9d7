import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { hostMatches, namespaceOfHost, patternsFor, qualifiedHost } from './hostname.ts'

test('a wildcard matches hosts below it at any depth, and not its own root', () => {
  assert.equal(hostMatches('*.example.com', 'a.example.com'), true)
  assert.equal(hostMatches('*.example.com', 'a.b.example.com'), true)
  assert.equal(hostMatches('*.example.com', 'example.com'), false)
  assert.equal(hostMatches('*.example.com', '.example.com'), false)
  assert.equal(hostMatches('*.example.com', 'badexample.com'), false)
  assert.equal(hostMatches('*', 'anything'), true)
})

test('a wide wildcard matches a narrower one', () => {
  assert.equal(hostMatches('*.com', '*.example.com'), true)
  assert.equal(hostMatches('*.example.com', '*.com'), false)
})

test('the patterns of a host go from the most specific to the least', () => {
  assert.deepEqual(patternsFor('a.b.com'), ['a.b.com', '*.b.com', '*.com', '*'])
  assert.deepEqual(patternsFor('*.b.com'), ['*.b.com', '*.com', '*'])
  assert.deepEqual(patternsFor('*'), ['*'])
})

test('the patterns of a host are those that match it', () => {
  const label = fc.constantFrom('a', 'b', 'example', 'com')
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.'))
  const pattern = fc.oneof(
    host,
    host.map(rest => `*.${rest}`),
    fc.constant('*'),
  )
  fc.assert(
    fc.property(host, pattern, (name, candidate) => {
      assert.equal(patternsFor(name).includes(candidate), hostMatches(candidate, name))
    }),
  )
})

test('a short name is a service of the namespace, a name with a dot is itself', () => {
  assert.equal(qualifiedHost('reviews', 'shop', 'cluster.local'), 'reviews.shop.svc.cluster.local')
  assert.equal(qualifiedHost('Example.com.', 'shop', 'cluster.local'), 'example.com')
  assert.equal(qualifiedHost('*', 'shop', 'cluster.local'), '*')
  assert.equal(qualifiedHost('*.local', 'shop', 'cluster.local'), '*.local')
})

test('a cluster host names its namespace', () => {
  assert.equal(namespaceOfHost('a.shop.svc.cluster.local', 'cluster.local'), 'shop')
  assert.equal(namespaceOfHost('pod-0.a.shop.svc.cluster.local', 'cluster.local'), 'shop')
  assert.equal(namespaceOfHost('shop.svc.cluster.local', 'cluster.local'), undefined)
  assert.equal(namespaceOfHost('a.example.com', 'cluster.local'), undefined)
})
