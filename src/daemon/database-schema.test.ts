import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMigrations } from './database-schema.ts'

test('the steps of all owners count without a gap, so that every file has had each of them', () => {
  const versions = databaseMigrations.map(({ version }) => version).sort((a, b) => a - b)
  assert.deepEqual(
    versions,
    versions.map((_version, index) => index + 1),
  )
})
