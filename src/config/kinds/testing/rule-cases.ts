/** Table tests of a kind's rules: each rule has one object that it refuses and its nearest neighbour that it lets through. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KindName } from '../../object.ts'
import { parseConfigText } from '../../parse.ts'
import { formatProblem } from '../../problem.ts'

export interface RuleCase {
  /** Completes "<kind> is refused when …". */
  readonly rule: string
  /** What follows `metadata` in the object, as YAML; usually `spec: …`. */
  readonly refused: string
  readonly accepted: string
  /** The field that the complaint must name. */
  readonly field: string
}

export interface RuleTable {
  readonly kind: KindName
  readonly apiVersion: string
  readonly cases: readonly RuleCase[]
}

export function testRules({ kind, apiVersion, cases }: RuleTable): void {
  for (const { rule, refused, accepted, field } of cases) {
    test(`${kind} is refused when ${rule}`, () => {
      const bad = parseConfigText(objectText({ kind, apiVersion }, refused), 'a.yaml')
      const errors = bad.problems.filter(problem => problem.severity === 'error')
      assert.deepEqual(
        [bad.objects.length, [...new Set(errors.map(problem => problem.field))]],
        [0, [field]],
        shown(bad),
      )
      const good = parseConfigText(objectText({ kind, apiVersion }, accepted), 'a.yaml')
      assert.deepEqual(
        [good.objects.length, good.problems.filter(problem => problem.severity === 'error')],
        [1, []],
        shown(good),
      )
    })
  }
}

const objectText = ({ kind, apiVersion }: { kind: string; apiVersion: string }, rest: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x, namespace: ns}\n${rest}\n`

const shown = ({ problems }: ReturnType<typeof parseConfigText>): string => problems.map(formatProblem).join('\n')
