import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretShownTo } from './secret-values.ts'

const secret = {
  kind: 'Secret',
  metadata: {
    name: 'key',
    annotations: { kept: 'yes', 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"sesame"}}' },
  },
  data: { password: 'sesame' },
  stringData: { word: 'sesame' },
}

test('who may change a Secret sees it whole', () => {
  assert.equal(secretShownTo({ kind: 'admin' }, 'vault', secret), secret)
  assert.equal(secretShownTo({ kind: 'editor', namespaces: ['vault'] }, 'vault', secret), secret)
})

test('everybody else sees which entries there are, and no value in any place', () => {
  for (const role of [undefined, { kind: 'viewer' }, { kind: 'editor', namespaces: ['shop'] }] as const) {
    const shown = secretShownTo(role, 'vault', secret)
    assert.doesNotMatch(JSON.stringify(shown), /sesame/)
    assert.deepEqual(shown.data, { password: '' })
    assert.match(JSON.stringify(shown.metadata), /"kept":"yes"/)
  }
})

test('a value that stands where none belongs is not shown either', () => {
  const misplaced = [
    { ...secret, stringdata: { password: 'sesame' } },
    { ...secret, metadata: { ...secret.metadata, data: { password: 'sesame' } } },
    { ...secret, data: { 'password:sesame ': '' } },
    { ...secret, data: ['sesame'] },
    { ...secret, spec: { data: { password: 'sesame' } } },
  ]
  for (const one of misplaced) {
    const shown = secretShownTo({ kind: 'viewer' }, 'vault', one)
    assert.doesNotMatch(JSON.stringify(shown), /sesame/)
    assert.equal(shown.kind, 'Secret')
  }
})
