import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatProblem, type Problem } from './problem.ts'

const problem: Problem = { severity: 'error', file: 'a.yaml', line: 3, column: 5, reason: 'is wrong' }

test('a problem is one line: place, object, field, reason and remedy', () => {
  assert.equal(
    formatProblem({ ...problem, kind: 'Pod', namespace: 'a', name: 'b', field: 'spec.x', remedy: 'mend it' }),
    'a.yaml:3:5: Pod a/b: spec.x: is wrong; mend it',
  )
  assert.equal(formatProblem({ ...problem, kind: 'Node', namespace: '', name: 'n' }), 'a.yaml:3:5: Node n: is wrong')
  assert.equal(formatProblem(problem), 'a.yaml:3:5: is wrong')
})

test('TOB Linkerd 2022: input cannot forge a second line or a terminal sequence', () => {
  const text = formatProblem({ ...problem, reason: "'a\n2026 ERROR\u001b[2J\u202e' is wrong" })
  assert.equal(text, "a.yaml:3:5: 'a\\u000a2026 ERROR\\u001b[2J\\u202e' is wrong")
})
