import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { environmentName, serveOptions } from './options.ts'
import { errorCodes } from './platform/error-codes.ts'

const page = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8')

test('docs/operations.md has each option with its environment variable and its key in the file, and no other', () => {
  const documented = [
    ...page('operations.md').matchAll(/^\| `(--[a-z-]+)` \| `(MESHWRIGHT_[A-Z_]+)`[^|]*\| `(\w+)` \|/gm),
  ].map(([, ...columns]) => columns)
  const actual = Object.entries(serveOptions).map(([key, spec]) => [spec.flag, environmentName(spec), key])
  assert.deepEqual(documented.sort(), actual.sort())
})

test('docs/errors.md explains each error code, and no other', () => {
  const documented = [...page('errors.md').matchAll(/^### ([A-Z_]+)$/gm)].map(([, code]) => code)
  assert.deepEqual(documented.sort(), Object.keys(errorCodes).sort())
})
