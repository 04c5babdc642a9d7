import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import Sqlite from 'better-sqlite3'
import { createWriteQueue } from './write-queue.ts'

const insert = { sql: 'INSERT INTO t VALUES (?)', parameters: ['x'] }

test('a writer that dies takes only its own writes with it: the next write starts another', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-queue-'))
  const file = path.join(directory, 'x.db')
  const queue = createWriteQueue(file)
  const failed = { code: 'DATABASE_WRITE_FAILED' }
  // No file yet, so the writer ends as soon as it has started.
  await Promise.all([assert.rejects(queue.write([insert]), failed), assert.rejects(queue.write([insert]), failed)])
  const handle = new Sqlite(file)
  handle.exec('CREATE TABLE t (x TEXT)')
  await queue.write([insert])
  assert.deepEqual(handle.prepare('SELECT * FROM t').all(), [{ x: 'x' }])
  handle.close()
  await queue.close()
  await assert.rejects(queue.write([insert]), { code: 'DATABASE_CLOSED' })
  rmSync(directory, { recursive: true })
})

test('a queue that never wrote closes at once', async () => {
  await createWriteQueue('/nowhere/x.db').close()
})
