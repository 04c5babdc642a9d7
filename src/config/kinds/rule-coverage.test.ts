import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KindName, kindNames } from '../object.ts'
import { parseConfigText } from '../parse.ts'
import { type AnyObject, kinds } from './catalogue.ts'
import type { Kind } from './kind.ts'
import { kubernetesExamples } from './testing/kubernetes-examples.ts'
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

/** Fields that no object that is taken can say, each with the reason. Rows of the tables refuse them. */
const neverTaken: Readonly<Partial<Record<KindName, Readonly<Record<string, string>>>>> = {
  Sidecar: {
    'spec.ingress[].tls.credentialNames': 'a sidecar has files only, and an empty list is none of names',
    'spec.ingress[].tls.tlsCertificates': 'a sidecar has one certificate, and an empty list is none of certificates',
  },
  VirtualService: {
    'spec.http[].fault.abort.http2Error': 'Envoy has no such fault',
    'spec.http[].fault.delay.exponentialDelay': 'Envoy has no such delay',
  },
}

const textsOf = (kind: KindName): readonly string[] => {
  const table = tables.find(each => each.kind === kind)
  if (table === undefined) return [kubernetesExamples[kind] ?? '']
  const { examples = [], cases } = table
  const taken = cases.flatMap(({ accepted, refused, warns }) => (warns ? [accepted, refused] : [accepted]))
  return [...examples, ...taken].map(text => objectText(table, text))
}

for (const name of kindNames) {
  test(`every field of ${name} stands in an object that is taken`, () => {
    const objects = textsOf(name).flatMap(text => parseConfigText(text, 'a.yaml').objects as readonly AnyObject[])
    assert.ok(objects.length > 0)
    const kind = kinds[name] as unknown as Kind
    const specs = objects.map(({ spec }) => spec)
    const statuses = objects.flatMap(({ status }) => (status === undefined ? [] : [status]))
    const missing = [
      ...unwrittenFields(kind.spec, specs, kind.body === 'spec' ? 'spec' : ''),
      ...(kind.status === undefined ? [] : unwrittenFields(kind.status, statuses, 'status')),
    ]
    assert.deepEqual(missing, Object.keys(neverTaken[name] ?? {}).sort())
  })
}
