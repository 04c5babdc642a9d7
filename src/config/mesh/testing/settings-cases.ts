/** Table tests of the rules of settings: each rule has one file that it refuses and its nearest neighbour that it lets through. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TObject } from 'typebox'
import { formatProblem, type Problem } from '../../problem.ts'
import { readSettings, type SettingsForm } from '../settings-text.ts'

export interface SettingsCase {
  /** Completes "<name> are refused when …", or "<name> are taken with a warning when …". */
  readonly rule: string
  readonly refused: string
  readonly accepted: string
  /** The field that the complaint must name. */
  readonly field: string
  /** The rule warns: the settings are in force all the same. */
  readonly warns?: true
}

/** Cases that differ in what fills the hole `□` of one text. */
export const inside = (template: string, ...cases: readonly SettingsCase[]): readonly SettingsCase[] =>
  cases.map(each => ({
    ...each,
    refused: template.replace('□', () => each.refused),
    accepted: template.replace('□', () => each.accepted),
  }))

export function testSettings<Message extends TObject>(
  form: SettingsForm<Message>,
  cases: readonly SettingsCase[],
): void {
  for (const { rule, refused, accepted, field, warns } of cases) {
    test(`${form.name} are ${warns ? 'taken with a warning' : 'refused'} when ${rule}`, () => {
      const severity = warns ? 'warning' : 'error'
      const bad = complaints(form, refused).filter(problem => warns || problem.severity === 'error')
      assert.deepEqual(
        [...new Set(bad.map(problem => `${problem.severity} at ${problem.field}`))],
        [`${severity} at ${field}`],
        shown(bad),
      )
      const good = complaints(form, accepted).filter(problem => warns || problem.severity === 'error')
      assert.deepEqual(good, [], shown(good))
    })
  }
}

/** Without what is said of settings that nothing acts on yet. */
export const complaints = <Message extends TObject>(form: SettingsForm<Message>, text: string): readonly Problem[] =>
  readSettings(form, text, 'mesh.yaml').problems.filter(({ reason }) => !reason.startsWith('is not in force yet'))

const shown = (problems: readonly Problem[]): string => problems.map(formatProblem).join('\n')
