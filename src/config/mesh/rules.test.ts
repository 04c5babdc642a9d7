import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uncoveredComplaints } from '../kinds/testing/uncovered-complaints.ts'
import { meshConfigForm } from '../parse-mesh-config.ts'
import { meshNetworksForm } from '../parse-mesh-networks.ts'
import { meshConfigCases } from './testing/mesh-config-cases.ts'
import { meshNetworksCases } from './testing/rules/mesh-networks.ts'
import { complaints, testSettings } from './testing/settings-cases.ts'

testSettings(meshConfigForm, meshConfigCases)
testSettings(meshNetworksForm, meshNetworksCases)

test('every place that complains of settings is reached by a row of the tables', async () => {
  const uncovered = await uncoveredComplaints([new URL('./', import.meta.url)], () => {
    for (const { refused } of meshConfigCases) complaints(meshConfigForm, refused)
    for (const { refused } of meshNetworksCases) complaints(meshNetworksForm, refused)
  })
  assert.deepEqual(uncovered, [])
})
