/** Our verdict on settings of the mesh and Istio's are the same, on every text of our tables; differences are listed with reasons. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaints } from '../../src/config/mesh/testing/settings-cases.ts'
import { meshConfigForm } from '../../src/config/parse-mesh-config.ts'
import { meshNetworksForm } from '../../src/config/parse-mesh-networks.ts'
import { formatProblem, type Problem } from '../../src/config/problem.ts'
import { type OwnSettings, ownSettings } from './own-settings.ts'
import { type SettingsDifference, settingsDifferences } from './settings-differences.ts'
import { readVerdicts, verdictOf } from './verdict-table.ts'

const table = readVerdicts()

const problemsOf = ({ settings, text }: OwnSettings): readonly Problem[] =>
  settings === 'mesh' ? complaints(meshConfigForm, text) : complaints(meshNetworksForm, text)

test('every text of our tables of settings has the verdict that Istio gives it', t => {
  const unknown: string[] = []
  const wrong: string[] = []
  const met = new Set<SettingsDifference>()
  for (const each of ownSettings) {
    const istios = verdictOf(table.settings, each)
    if (istios === undefined) {
      unknown.push(each.id)
      continue
    }
    const problems = problemsOf(each)
    const verdict = problems.some(({ severity }) => severity === 'error') ? 'refused' : 'accepted'
    if (verdict === istios.verdict) continue
    const meant = settingsDifferences.find(({ id, ours }) => ours === verdict && isWhole(id, each.id))
    if (meant === undefined)
      wrong.push(
        `${each.id}: ${verdict} here, ${istios.verdict} by Istio\n${each.text}\n${problems.map(formatProblem).join('\n')}`,
      )
    else met.add(meant)
  }
  assert.deepEqual(wrong, [])
  if (unknown.length > 0) t.diagnostic(`no verdict is kept of ${unknown.length} new texts: npm run verdicts`)
  assert.ok(unknown.length < ownSettings.length / 4, `most texts must have a verdict: ${unknown.join(', ')}`)
  assert.deepEqual(
    settingsDifferences.filter(difference => !met.has(difference)),
    [],
    'differences that are none any more',
  )
})

const isWhole = (id: RegExp, text: string): boolean => new RegExp(`^(?:${id.source})$`).test(text)

test('where Istio warns of settings, so do we', () => {
  const silent = ownSettings.filter(each => {
    const istios = verdictOf(table.settings, each)
    return istios?.verdict === 'accepted' && istios.warns && problemsOf(each).length === 0
  })
  assert.deepEqual(
    silent.map(({ id }) => id),
    [],
  )
})
