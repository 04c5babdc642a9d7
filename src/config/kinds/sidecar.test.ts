import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfigText } from '../parse.ts'

test('a Sidecar that lists a host twice is in force with a warning', () => {
  const parsed = parseConfigText(
    'apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: x, namespace: a}\nspec: {egress: [{hosts: [./b.c, a/b.c]}]}\n',
    'a.yaml',
  )
  assert.equal(parsed.objects.length, 1)
  assert.deepEqual(
    parsed.problems.map(problem => [problem.severity, problem.field]),
    [['warning', 'spec.egress[0].hosts[1]']],
  )
})
