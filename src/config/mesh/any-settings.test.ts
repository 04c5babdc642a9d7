/** Reading settings is total: whatever stands in the file, the answer is problems with their places, and no throw. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TObject } from 'typebox'
import { meshConfigForm } from '../parse-mesh-config.ts'
import { meshNetworksForm } from '../parse-mesh-networks.ts'
import { arbitraryOf } from '../schema/testing/arbitrary.ts'
import { readSettings, type SettingsForm } from './settings-text.ts'

function testForm<Message extends TObject>(form: SettingsForm<Message>): void {
  test(`${form.name} of the right form are read, and every problem of them has a place and a field`, () => {
    fc.assert(
      fc.property(arbitraryOf(form.message, { bounds: 'crossed' }), value => {
        const { problems } = readSettings(form, JSON.stringify(value), 'a.json')
        for (const { line, column, field, reason } of problems) {
          assert.ok(line === 1 && column >= 1 && field !== undefined, JSON.stringify({ line, column, field, reason }))
          assert.ok(!reason.includes('not a setting that is known'), field)
        }
      }),
      { numRuns: 100 },
    )
  })

  test(`${form.name} of any form are read`, () => {
    const text = fc.oneof(fc.json({ maxDepth: 4 }), fc.string(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(text, written => {
        readSettings(form, written, 'a.yaml')
        readSettings(form, `kind: ConfigMap\ndata: {${form.dataKey}: ${JSON.stringify(written)}}\n`, 'a.yaml')
      }),
      { numRuns: 200 },
    )
  })
}

testForm(meshConfigForm)
testForm(meshNetworksForm)
