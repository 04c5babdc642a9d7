import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfigText } from '../parse.ts'
import { kinds } from './catalogue.ts'
import { kubernetesRuleTables } from './testing/kubernetes-rule-tables.ts'
import { objectText } from './testing/rule-cases.ts'
import { ruleTables } from './testing/rule-tables.ts'
import { uncoveredComplaints } from './testing/uncovered-complaints.ts'
import { unwrittenFields } from './testing/unwritten-fields.ts'

const tables = [...ruleTables, ...kubernetesRuleTables]

/** What no row of one object and one field can show, and why. */
const shownElsewhere = [
  // Comes beside the warnings that it counts.
  'virtual-service-rules.ts: if (more > 0)',
]

test('every place that complains is reached by a row of the tables', async () => {
  const folders = ['./', '../envoy-values/'].map(folder => new URL(folder, import.meta.url))
  const uncovered = await uncoveredComplaints(folders, () => {
    for (const table of tables)
      for (const { refused, name } of table.cases) parseConfigText(objectText(table, refused, name), 'a.yaml')
  })
  assert.deepEqual(
    uncovered.filter(place => !shownElsewhere.some(known => place.startsWith(known))),
    [],
  )
})

for (const table of tables.filter(({ examples }) => examples !== undefined)) {
  test(`every field of ${table.kind} stands in an object that is taken`, () => {
    const texts = [...(table.examples ?? []), ...table.cases.map(({ accepted }) => accepted)]
    const specs = texts.flatMap(text =>
      parseConfigText(objectText(table, text), 'a.yaml').objects.map(({ spec }) => spec),
    )
    const { spec, body } = kinds[table.kind]
    assert.deepEqual(unwrittenFields(spec, specs, body === 'spec' ? 'spec' : ''), [])
  })
}
