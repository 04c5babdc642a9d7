import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { readCaSettings } from './settings.ts'

function settingsFile(text: string): string {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'meshwright-ca-settings-')), 'ca.yaml')
  writeFileSync(file, text)
  return file
}

test('an empty file is all defaults', () => {
  assert.deepEqual(readCaSettings(settingsFile('')), {})
})

test('an unknown section, broken YAML and a missing file are refused with their place', () => {
  const unknown = settingsFile('issuer: {}\nisuer: {}\n')
  assert.throws(() => readCaSettings(unknown), new RegExp(`${unknown}:\\d`))
  const broken = settingsFile('issuer: {\n')
  assert.throws(() => readCaSettings(broken), new RegExp(`${broken}:2`))
  assert.throws(() => readCaSettings('/nowhere/ca.yaml'), /nowhere/)
})
