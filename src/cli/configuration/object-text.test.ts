import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authoredPart, unifiedDiff } from './object-text.ts'

const object = (spec: unknown, metadata: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec,
})

const labels = { title: 'VirtualService shop/web', beforeLabel: 'revision 1', afterLabel: 'given' }

test('what a server adds is no part of what an author means', () => {
  const served = { ...object({}, { uid: 'x', resourceVersion: '7', generation: 2 }), status: { conditions: [] } }
  assert.deepEqual(authoredPart(served), object({}))
})

test('a difference is in lines, and the order of members is none', () => {
  const before = object({ hosts: ['web'], gateways: ['mesh'] })
  assert.equal(unifiedDiff({ ...labels, before, after: object({ gateways: ['mesh'], hosts: ['web'] }) }), '')
  const diff = unifiedDiff({ ...labels, before, after: object({ hosts: ['api'], gateways: ['mesh'] }) })
  assert.match(diff, /^--- VirtualService shop\/web, revision 1\n\+\+\+ VirtualService shop\/web, given\n@@/)
  assert.match(diff, /\n- {4}- web\n\+ {4}- api\n/)
})

test('the order of a list is a difference', () => {
  const [before, after] = [object({ hosts: ['a', 'b'] }), object({ hosts: ['b', 'a'] })]
  assert.notEqual(unifiedDiff({ ...labels, before, after }), '')
})

test('an object that comes or goes is all plus or all minus', () => {
  const one = object({ hosts: ['web'] })
  const bodyOf = (diff: string): string[] => diff.trimEnd().split('\n').slice(3)
  assert.ok(bodyOf(unifiedDiff({ ...labels, before: undefined, after: one })).every(line => line.startsWith('+')))
  assert.ok(bodyOf(unifiedDiff({ ...labels, before: one, after: undefined })).every(line => line.startsWith('-')))
})
