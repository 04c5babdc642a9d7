import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

test('docs/validation.md explains each code, and no other', () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
  const declared = [...read('reference-code.ts').matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code)
  const explained = [...read('../../../docs/validation.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)
  assert.ok(declared.length > 10)
  assert.deepEqual(explained.sort(), declared.sort())
})
