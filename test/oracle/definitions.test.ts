/**
 * An API server takes our definitions (form, expressions and what these cost), and by them every object that we take and
 * no object that their schemas refuse. Recorded, so that neither Go nor the network is needed; a record of other definitions
 * than these fails.
 */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { customResourceDefinitions } from '../../src/config/crd/manifest.ts'
import { accepts } from '../../src/config/crd/testing/structural-verdict.ts'
import { parseConfigText } from '../../src/config/parse.ts'
import { askDefinitions, definitionsProgram, definitionTexts, hashOf, readDefinitions } from './definitions-oracle.ts'
import { builtProgram } from './go-program.ts'
import { type OwnCase, ownCases } from './own-table.ts'

const record = readDefinitions()

test('the record is of the definitions as they are, and none of them has a fault', () => {
  assert.deepEqual(
    record.definitions,
    Object.fromEntries(definitionTexts.map(([name, text]) => [name, { hash: hashOf(text), faults: [] }])),
    'another definition than was checked, or a faulty one: npm run verdicts',
  )
})

/** Undefined where the object is newer than the record. */
function recorded({ id, hash }: OwnCase): 'accepted' | 'refused' | undefined {
  const [judged, verdict] = record.objects[id]?.split(' ') ?? []
  return judged === hash ? (verdict as 'accepted' | 'refused') : undefined
}

test('each object of the tables has an id of its own', () => {
  const ids = ownCases.map(({ id }) => id)
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) < index),
    [],
  )
})

test('by the definitions every object of our tables is stored that we take', t => {
  const unknown = ownCases.filter(each => recorded(each) === undefined)
  const refused = ownCases.filter(
    each => recorded(each) === 'refused' && parseConfigText(each.text, 'a.yaml').objects.length > 0,
  )
  assert.deepEqual(
    refused.map(({ id }) => id).filter(id => !readersOnly.has(id)),
    [],
  )
  assert.deepEqual(
    [...readersOnly].filter(id => !refused.some(each => each.id === id)),
    [],
  )
  if (unknown.length > 0) t.diagnostic(`${unknown.length} objects are newer than the record: npm run verdicts`)
  assert.ok(unknown.length < ownCases.length / 4, `most objects must be recorded: ${unknown.map(({ id }) => id)}`)
})

/** What files may say and an API server does not take: proto JSON has more than one way to write a value. */
const readersOnly: ReadonlySet<string> = new Set([
  'DestinationRule: accepted neighbour of a Maglev table is not prime',
  'PeerAuthentication: accepted neighbour of the mode is in lower case',
  'Telemetry: example 1',
])

test('an object is stored exactly when schema and rules, evaluated here, hold of it', () => {
  const schemas = new Map(
    customResourceDefinitions().flatMap(({ spec }) =>
      spec.versions.map(({ name, schema }) => [`${spec.group}/${name} ${spec.names.kind}`, schema.openAPIV3Schema]),
    ),
  )
  const wrong = ownCases.filter(each => {
    const { apiVersion, kind } = each.object as { readonly apiVersion: string; readonly kind: string }
    const schema = schemas.get(`${apiVersion} ${kind}`)
    assert.ok(schema !== undefined, `${apiVersion} ${kind}`)
    const said = recorded(each)
    return said !== undefined && (said === 'accepted') !== accepts(schema, each.object)
  })
  assert.deepEqual(
    wrong.map(({ id }) => id),
    [],
  )
  assert.ok(ownCases.filter(each => recorded(each) === 'refused').length > 50)
})

test('what is recorded is what is said today', t => {
  const binary = builtProgram(definitionsProgram)
  if (binary === undefined) {
    const hasGo = spawnSync('go', ['version']).status === 0
    t.skip(`the program is not built: ${hasGo ? 'npm run verdicts' : 'there is no Go'}`)
    return
  }
  const { definitions, objects } = askDefinitions(binary)
  assert.deepEqual(record.definitions, definitions)
  for (const each of ownCases)
    if (recorded(each) !== undefined) assert.equal(record.objects[each.id], objects[each.id], each.id)
})
