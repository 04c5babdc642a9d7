import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfigText } from '../parse.ts'

test('a DENY rule that looks at HTTP only is in force with a warning about TCP ports', () => {
  const parsed = parseConfigText(
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: x}\nspec: {action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}\n',
    'a.yaml',
  )
  assert.equal(parsed.objects.length, 1)
  assert.deepEqual(
    parsed.problems.map(problem => [problem.severity, problem.field]),
    [['warning', 'spec.rules[0]']],
  )
})
