import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import type { ErrorCode } from '../error-codes.ts'
import { MeshwrightError } from '../errors.ts'
import { silentLog } from '../log.ts'
import { type Database, databaseFileName, type Migration, openDatabase } from './database.ts'

const notes: Migration = { version: 1, name: 'notes', sql: 'CREATE TABLE note (text TEXT NOT NULL UNIQUE) STRICT' }
const authors: Migration = {
  version: 2,
  name: 'authors',
  sql: "ALTER TABLE note ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'",
}

const opened: Database[] = []
const directories: string[] = []
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

function newDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-database-'))
  directories.push(directory)
  return directory
}

function open(directory: string, migrations: readonly Migration[] = [notes]): Database {
  const database = openDatabase({ directory, migrations, log: silentLog })
  opened.push(database)
  return database
}

const insert = (text: string) => ({ sql: 'INSERT INTO note (text) VALUES (?)', parameters: [text] })
const isError = (code: ErrorCode) => (thrown: unknown) => thrown instanceof MeshwrightError && thrown.code === code

test('a write that has resolved is seen by reads and is still there after closing and opening', async () => {
  const directory = newDirectory()
  const first = open(directory)
  await first.write([insert('a'), insert('b')])
  assert.deepEqual(first.all('SELECT text FROM note ORDER BY text'), [{ text: 'a' }, { text: 'b' }])
  await first.close()
  assert.deepEqual(open(directory).get('SELECT count(*) AS n FROM note'), { n: 2 })
})

test('closing waits for the writes that were asked for, and refuses later ones', async () => {
  const directory = newDirectory()
  const database = open(directory)
  const writes = Array.from({ length: 50 }, (_, i) => database.write([insert(`note ${i}`)]))
  await database.close()
  await Promise.all(writes)
  await assert.rejects(database.write([insert('late')]), isError('DATABASE_CLOSED'))
  assert.deepEqual(open(directory).get('SELECT count(*) AS n FROM note'), { n: 50 })
})

test('a failing write is undone whole and alone, though others are committed in the same group', async () => {
  const database = open(newDirectory())
  const results = await Promise.allSettled([
    database.write([insert('one')]),
    database.write([insert('two'), insert('one')]),
    database.write([insert('three')]),
  ])
  assert.deepEqual(
    results.map(result => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(database.all('SELECT text FROM note ORDER BY rowid'), [{ text: 'one' }, { text: 'three' }])
})

test('blobs survive the way to the writer and back', async () => {
  const directory = newDirectory()
  const database = open(directory, [{ version: 1, name: 'blobs', sql: 'CREATE TABLE b (data BLOB NOT NULL) STRICT' }])
  const window = Buffer.from('a window on a pool').subarray(2, 8)
  await database.write([{ sql: 'INSERT INTO b VALUES (?)', parameters: [window] }])
  const row = database.get('SELECT data FROM b')
  assert.ok(Buffer.isBuffer(row?.data))
  assert.deepEqual(row.data, Buffer.from(window))
})

test('reads cannot change anything', () => {
  const database = open(newDirectory())
  assert.throws(() => database.all('DELETE FROM note RETURNING text'), /readonly/)
})

test('the database and its companions are readable by their owner only', async () => {
  const directory = path.join(newDirectory(), 'made', 'by-us')
  const database = open(directory)
  await database.write([insert('secret')])
  assert.equal(statSync(directory).mode & 0o777, 0o700)
  const modes = Object.fromEntries(
    readdirSync(directory).map(name => [name, statSync(path.join(directory, name)).mode & 0o777]),
  )
  assert.deepEqual(modes, {
    'meshwright.db': 0o600,
    'meshwright.db-shm': 0o600,
    'meshwright.db-wal': 0o600,
    'meshwright.lock': 0o600,
  })
})

test('a second daemon on the same directory fails at once, and the kernel frees the lock when the first is killed', async () => {
  const directory = newDirectory()
  const holder = spawn(
    process.execPath,
    [fileURLToPath(new URL('./testdata/hold-lock.ts', import.meta.url)), directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    await once(holder.stdout, 'data')
    assert.throws(() => open(directory), isError('DATABASE_IN_USE'))
  } finally {
    holder.kill('SIGKILL')
  }
  await once(holder, 'exit')
  assert.deepEqual(open(directory).all('SELECT text FROM note'), [{ text: 'written before the kill' }])
})

test('the lock also holds within one process, and closing frees it', async () => {
  const directory = newDirectory()
  const first = open(directory)
  assert.throws(() => open(directory), isError('DATABASE_IN_USE'))
  await first.close()
  open(directory)
})

test('a migration runs after a backup of the old file and keeps the rows', async () => {
  const directory = newDirectory()
  const old = open(directory)
  await old.write([insert('kept')])
  await old.close()
  const migrated = open(directory, [notes, authors])
  assert.equal(migrated.schemaVersion, 2)
  assert.deepEqual(migrated.all('SELECT * FROM note'), [{ text: 'kept', author: 'nobody' }])
  const backup = path.join(directory, `${databaseFileName}.backup-v1`)
  assert.equal(statSync(backup).mode & 0o777, 0o600)
  const copy = new Sqlite(backup, { readonly: true })
  assert.deepEqual(copy.prepare('SELECT * FROM note').all(), [{ text: 'kept' }])
  assert.equal(copy.pragma('user_version', { simple: true }), 1)
  copy.close()
})

test('a migration that fails half-way changes nothing', async () => {
  const directory = newDirectory()
  await open(directory).close()
  const broken: Migration = { version: 3, name: 'broken', sql: 'CREATE TABLE good (x TEXT) STRICT; CREATE NONSENSE' }
  assert.throws(() => open(directory, [notes, authors, broken]), isError('DATABASE_MIGRATION_FAILED'))
  const database = open(directory)
  assert.equal(database.schemaVersion, 1)
  assert.deepEqual(database.all("SELECT name FROM sqlite_schema WHERE name = 'good'"), [])
})

test('an older daemon refuses the file of a newer one and leaves it alone', async () => {
  const directory = newDirectory()
  await open(directory, [notes, authors]).close()
  assert.throws(() => open(directory, [notes]), isError('DATABASE_NEWER'))
  assert.equal(open(directory, [notes, authors]).schemaVersion, 2)
})

test('a file that is no database is refused and left alone', () => {
  const directory = newDirectory()
  const file = path.join(directory, databaseFileName)
  writeFileSync(
    file,
    'this is not a database, and long enough to be looked at as a header of one hundred bytes '.repeat(3),
  )
  const before = readFileSync(file)
  assert.throws(() => open(directory), isError('DATABASE_CORRUPT'))
  assert.deepEqual(readFileSync(file), before)
})

test('a damaged page is found at the start', async () => {
  const directory = newDirectory()
  const database = open(directory)
  await database.write(Array.from({ length: 200 }, (_, i) => insert(`${i} ${'x'.repeat(200)}`)))
  await database.close()
  const file = path.join(directory, databaseFileName)
  const bytes = readFileSync(file)
  bytes.fill(0xff, 4096, 3 * 4096)
  writeFileSync(file, bytes)
  assert.throws(() => open(directory), isError('DATABASE_CORRUPT'))
})

test("another program's SQLite file is refused", () => {
  const directory = newDirectory()
  const other = new Sqlite(path.join(directory, databaseFileName))
  other.exec('CREATE TABLE theirs (x)')
  other.close()
  assert.throws(() => open(directory), isError('DATABASE_CORRUPT'))
})

test('a directory that cannot be made is one clear error', () => {
  const directory = newDirectory()
  writeFileSync(path.join(directory, 'file'), '')
  for (const impossible of [path.join(directory, 'file', 'data'), '/proc/none', '/proc/none/data', '/dev/null/data'])
    assert.throws(() => open(impossible), isError('DATABASE_DIRECTORY_UNUSABLE'), impossible)
})

test('missing parents of the directory are made, private too', () => {
  const directory = path.join(newDirectory(), 'a', 'b')
  open(directory)
  assert.deepEqual([statSync(directory).mode & 0o777, statSync(path.dirname(directory)).mode & 0o777], [0o700, 0o700])
})

test('two migrations must not have one version', () => {
  assert.throws(() => open(newDirectory(), [notes, { ...authors, version: notes.version }]), /have one version/)
})

const counting: Migration = {
  version: 2,
  name: 'counting',
  sql: 'SELECT 1',
  writerExtension: new URL('./testdata/counting-extension.ts', import.meta.url),
}

test('an extension of the writer runs in the order of the calls, in the transaction of each write', async () => {
  const database = open(newDirectory(), [notes, counting])
  const results = await Promise.allSettled([
    database.append(['a'], [insert('one')]),
    database.write([insert('two')]),
    database.append(['b'], [insert('one')]),
    database.append(['c'], []),
  ])
  assert.deepEqual(
    results.map(result => (result.status === 'fulfilled' ? result.value : result.status)),
    [1, undefined, 'rejected', 4],
  )
  assert.deepEqual(database.all('SELECT text FROM note ORDER BY rowid'), [
    { text: 'a' },
    { text: 'one' },
    { text: 'two' },
    { text: 'c' },
  ])
})

test('a step for an extension that no migration names is refused', async () => {
  const database = open(newDirectory())
  await assert.rejects(database.append(['a'], []), isError('DATABASE_WRITE_FAILED'))
})
