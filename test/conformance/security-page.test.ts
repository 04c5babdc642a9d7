/** `docs/security.md` says what holds, and where it is tested: each test has the id of its row. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(path.join(root, 'docs/security.md'), 'utf8')

const rows = page
  .split('\n## ')[0]
  ?.split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| id '))
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(([, id = '', holds = '', tests = '']) => ({
    id,
    holds,
    files: [...tests.matchAll(/`([^`]+)`/g)].map(m => m[1] ?? ''),
  }))

test('each row names tests that exist and bear its id, or says that the part is not here yet', () => {
  assert.ok(rows !== undefined && rows.length > 30)
  for (const { id, holds, files } of rows) {
    assert.equal(files.length === 0, holds.startsWith('not here yet'), id)
    for (const file of files) {
      assert.ok(existsSync(path.join(root, file)), `${id}: ${file} does not exist`)
      const named = readFileSync(path.join(root, file), 'utf8')
        .split('\n')
        .some(line => line.includes(id) && !/^\s*(?:\*|\/)/.test(line))
      assert.ok(named, `${id}: no test in ${file} bears it`)
    }
  }
})
