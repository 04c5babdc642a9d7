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
