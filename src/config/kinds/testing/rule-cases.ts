/** Table tests of a kind's rules: each rule has one object that it refuses and its nearest neighbour that it lets through. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KindName } from '../../object.ts'
import { type ParsedConfig, parseConfigText } from '../../parse.ts'
import { formatProblem } from '../../problem.ts'

export interface RuleCase {
  /** Completes "<kind> is refused when …", or "<kind> is taken with a warning when …". */
  readonly rule: string
  /** What follows `metadata` in the object, as YAML; usually `spec: …`. Of a warning, what it warns of. */
  readonly refused: string
  readonly accepted: string
  /** The field that the complaint must name. */
  readonly field: string
  /** The rule warns: the object is in force all the same. */
  readonly warns?: true
  /** Of the refused object, where the rule is about the name; the accepted one is called `x`. */
  readonly name?: string
}

export interface Hole {
  readonly rule: string
  readonly field: string
  /** What fills the hole of the refused object, and of its neighbour. */
  readonly refused: string
  readonly accepted: string
  readonly warns?: true
}

/** Cases that differ in what fills the hole `□` of one object, and in nothing else. */
export const casesOf = (template: string, ...holes: readonly Hole[]): readonly RuleCase[] =>
  holes.map(hole => ({
    ...hole,
    refused: template.replace('□', () => hole.refused),
    accepted: template.replace('□', () => hole.accepted),
  }))

export interface RuleTable {
  readonly kind: KindName
  readonly apiVersion: string
  readonly cases: readonly RuleCase[]
  /** Objects that are taken without a complaint; together with the cases they show every field. */
  readonly examples?: readonly string[]
}

export function testRules(table: RuleTable): void {
  const { kind, cases, examples = [] } = table
  for (const each of cases) {
    test(`${kind} is ${each.warns ? 'taken with a warning' : 'refused'} when ${each.rule}`, () =>
      checkCase(table, each))
  }
  for (const [index, example] of examples.entries()) {
    test(`${kind} is taken without a complaint: example ${index + 1}`, () => {
      const parsed = parseConfigText(objectText(table, example), 'a.yaml')
      assert.deepEqual([parsed.objects.length, complaints(parsed)], [1, []], shown(parsed))
    })
  }
}

function checkCase(table: RuleTable, { refused, accepted, field, warns, name = 'x' }: RuleCase): void {
  const severity = warns ? 'warning' : 'error'
  const bad = parseConfigText(objectText(table, refused, name), 'a.yaml')
  const found = complaints(bad).filter(problem => problem.severity === 'error' || warns)
  assert.deepEqual(
    [bad.objects.length, [...new Set(found.map(problem => `${problem.severity} at ${problem.field}`))]],
    [warns ? 1 : 0, [`${severity} at ${field}`]],
    shown(bad),
  )
  const good = parseConfigText(objectText(table, accepted), 'a.yaml')
  assert.deepEqual(
    [good.objects.length, complaints(good).filter(problem => problem.severity === 'error' || warns)],
    [1, []],
    shown(good),
  )
}

/** Without what is said of the kind as a whole. */
const complaints = ({ problems }: ParsedConfig) => problems.filter(problem => problem.field !== undefined)

export const objectText = (
  { kind, apiVersion }: { readonly kind: string; readonly apiVersion: string },
  rest: string,
  name = 'x',
): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ns}\n${rest}\n`

const shown = ({ problems }: ParsedConfig): string => problems.map(formatProblem).join('\n')
