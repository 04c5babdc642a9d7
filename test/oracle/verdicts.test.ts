/**
 * Our verdict and Istio's are the same: on every object of our tables of rules, and on every object in Istio's own module.
 * Differences are one list with reasons (`differences.ts`).
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfigText } from '../../src/config/parse.ts'
import { formatProblem, type Problem } from '../../src/config/problem.ts'
import { type Difference, differences, silences } from './differences.ts'
import { allIstioObjects } from './istio-objects.ts'
import { istioApiFolder, istioModuleFolder, istioRelease } from './istio-oracle.ts'
import { ownCases } from './own-table.ts'
import { readVerdicts, verdictOf } from './verdict-table.ts'

const table = readVerdicts()

interface Ours {
  readonly verdict: 'accepted' | 'refused'
  readonly problems: readonly Problem[]
}

function ours(text: string): Ours {
  const { problems } = parseConfigText(text, 'a.yaml')
  return { verdict: problems.some(({ severity }) => severity === 'error') ? 'refused' : 'accepted', problems }
}

const isListed = ({ id }: Pick<Difference, 'id'>, of: string): boolean =>
  typeof id === 'string' ? id === of : id.test(of)

const listed = differences.map(difference => ({ difference, met: 0 }))

/** Whether the difference is one that we mean; it is noted as met. */
function isMeant(id: string, verdict: Ours['verdict']): boolean {
  const entry = listed.find(({ difference }) => difference.ours === verdict && isListed(difference, id))
  if (entry !== undefined) entry.met++
  return entry !== undefined
}

test('the verdicts are those of the release that the oracle is built from', () => {
  assert.deepEqual([table.istio, table.module], [istioRelease.version, istioRelease.module])
})

test('every object of our tables has the verdict that Istio gives it', t => {
  const unknown: string[] = []
  const wrong: string[] = []
  for (const each of ownCases) {
    const istios = verdictOf(table.own, each)
    if (istios === undefined) {
      unknown.push(each.id)
      continue
    }
    const { verdict, problems } = ours(each.text)
    if (verdict === istios.verdict || isMeant(each.id, verdict)) continue
    wrong.push(
      `${each.id}: ${verdict} here, ${istios.verdict} by Istio\n${each.text}${problems.map(formatProblem).join('\n')}`,
    )
  }
  assert.deepEqual(wrong, [])
  if (unknown.length > 0) t.diagnostic(`no verdict is kept of ${unknown.length} new objects: npm run verdicts`)
  assert.ok(unknown.length < ownCases.length / 4, `most objects must have a verdict: ${unknown.join(', ')}`)
})

test('where Istio warns of an object of our tables, so do we', () => {
  const silent = ownCases.filter(each => {
    const istios = verdictOf(table.own, each)
    if (istios?.verdict !== 'accepted' || !istios.warns) return false
    const { verdict, problems } = ours(each.text)
    const hasWarning = problems.some(({ severity, field }) => severity === 'warning' && field !== undefined)
    return verdict === 'accepted' && !hasWarning && !silences.some(silence => isListed(silence, each.id))
  })
  assert.deepEqual(
    silent.map(({ id }) => id),
    [],
  )
})

test("every object of Istio's modules, samples and documentation has the verdict that Istio gives it", t => {
  const [folder, api] = [istioModuleFolder(), istioApiFolder()]
  if (folder === undefined || api === undefined) {
    t.skip(
      `Istio ${istioRelease.version} is not in Go's module cache: go mod download istio.io/istio@${istioRelease.module}`,
    )
    return
  }
  const refusedByIstio = new Set(table.refusedOfIstios)
  const judged = new Set(table.kindsOfIstios)
  const objects = allIstioObjects(folder, api).filter(({ kind }) => judged.has(kind))
  const wrong = objects.flatMap(({ id, text }) => {
    const { verdict, problems } = ours(text)
    if ((verdict === 'refused') === refusedByIstio.has(id) || isMeant(id, verdict)) return []
    return [`${id}: ${verdict} here\n${problems.map(formatProblem).join('\n')}`]
  })
  assert.deepEqual(wrong, [])
  assert.ok(objects.length > 500)
  const documented = objects.filter(({ id }) => /^(?:api|samples)\/|\.md#/.test(id))
  assert.ok(documented.length > 200, String(documented.length))
})

test('no difference is listed that is none any more', t => {
  const own = listed.filter(({ difference: { id }, met }) => met === 0 && !isOfModule(id))
  assert.deepEqual(
    own.map(({ difference }) => difference),
    [],
  )
  if (istioModuleFolder() === undefined) t.diagnostic("differences on objects of Istio's module were not looked at")
  else
    assert.deepEqual(
      listed.filter(({ met }) => met === 0).map(({ difference }) => difference),
      [],
    )
})

const isOfModule = (id: string | RegExp): boolean => /yaml|pb\.html|\.md#/.test(String(id))
