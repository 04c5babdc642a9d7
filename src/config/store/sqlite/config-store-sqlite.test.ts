import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../../../platform/clock.ts'
import { type Database, openDatabase } from '../../../platform/database/database.ts'
import { silentLog } from '../../../platform/log.ts'
import type { ConfigStore, JsonObject, ObjectId, SourcedWrite, StoredVersion } from '../config-store.ts'
import { idOf, idText } from '../object-id.ts'
import { configMigrations } from '../schema.ts'
import { openConfigStore, type SqliteConfigStore } from './config-store-sqlite.ts'
import type { HistoryPolicy } from './history-policy.ts'

let directory: string
let database: Database
let clock: FakeClock
let uids: number

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'config-store-'))
  clock = new FakeClock()
  uids = 0
  database = openDatabase({ directory, migrations: configMigrations, log: silentLog })
})
afterEach(async () => {
  await database.close()
  rmSync(directory, { recursive: true })
})

const open = (history?: HistoryPolicy): SqliteConfigStore =>
  openConfigStore({
    database,
    clock,
    newUid: () => `uid-${++uids}`,
    ...(history === undefined ? {} : { history }),
  })
const id = (name: string, namespace = 'shop'): ObjectId => ({ kind: 'ServiceEntry', namespace, name })
const entry = (of: ObjectId, spec: unknown, metadata = {}): JsonObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: of.kind,
  metadata: { name: of.name, namespace: of.namespace, ...metadata },
  spec,
})
const put = (of: ObjectId, spec: unknown, expectedRevision?: number): SourcedWrite => ({
  ...of,
  object: entry(of, spec),
  source: { kind: 'store' },
  changedBy: 'ann',
  ...(expectedRevision === undefined ? {} : { expectedRevision }),
})
const remove = (of: ObjectId, expectedRevision?: number): SourcedWrite => ({
  ...of,
  object: undefined,
  source: { kind: 'store' },
  changedBy: 'ann',
  ...(expectedRevision === undefined ? {} : { expectedRevision }),
})
const names = (store: ConfigStore, at?: number): readonly string[] =>
  store
    .list(at === undefined ? {} : { at })
    .map(({ name, revision, generation }) => `${name}@${revision}g${generation}`)

test('a commit numbers its objects with one revision, and what it answers is there when the database is opened again', async () => {
  const store = open()
  const answer = await store.commit([put(id('a'), { x: 1 }), put(id('b'), { x: 1 })])
  assert.equal(answer.revision, 1)
  await database.close()
  database = openDatabase({ directory, migrations: configMigrations, log: silentLog })
  const again = open()
  assert.equal(again.revision(), 1)
  assert.deepEqual(again.get(id('a')), answer.versions[0])
  assert.deepEqual(names(again), ['a@1g1', 'b@1g1'])
  assert.equal((await again.commit([put(id('a'), { x: 2 })])).revision, 2)
})

test('the generation counts specs, the revision every version; a write that changes nothing makes none', async () => {
  const store = open()
  await store.commit([put(id('a'), { x: 1, y: 2 })])
  assert.equal((await store.commit([put(id('a'), { y: 2, x: 1 })])).revision, 1)
  const labelled: SourcedWrite = { ...put(id('a'), {}), object: entry(id('a'), { x: 1, y: 2 }, { labels: { l: 'v' } }) }
  await store.commit([labelled])
  await store.commit([put(id('a'), { x: 2 })])
  const versions = store.history(id('a'))
  assert.deepEqual(
    versions.map(({ revision, generation }) => [revision, generation]),
    [
      [3, 2],
      [2, 1],
      [1, 1],
    ],
  )
  assert.equal(new Set(versions.map(({ uid }) => uid)).size, 1)
})

test('what was deleted and made again is another object, and history has both', async () => {
  const store = open()
  await store.commit([put(id('a'), { x: 1 })])
  clock.advance(5)
  await store.commit([remove(id('a'))])
  assert.equal(store.get(id('a')), undefined)
  assert.equal((await store.commit([remove(id('a'))])).versions[0], undefined)
  clock.advance(5)
  await store.commit([put(id('a'), { x: 1 }, 0)])
  const [second, deletion, first] = store.history(id('a'))
  assert.equal(deletion?.object, undefined)
  assert.equal(second?.generation, 1)
  assert.notEqual(second?.uid, first?.uid)
  assert.equal(second?.createdAtMs, (first?.createdAtMs ?? 0) + 10)
})

test('of two editors with one revision the second is refused with both revisions, and nothing of its transaction is taken', async () => {
  const store = open()
  await store.commit([put(id('a'), { x: 1 })])
  const first = store.commit([put(id('a'), { x: 2 }, 1)])
  const second = store.commit([put(id('b'), { x: 1 }, 0), put(id('a'), { x: 3 }, 1)])
  await assert.rejects(second, {
    code: 'REVISION_CONFLICT',
    facts: { ...id('a'), expected: 1, actual: 2 },
  })
  assert.equal((await first).revision, 2)
  assert.deepEqual(store.get(id('a'))?.object?.spec, { x: 2 })
  assert.equal(store.get(id('b')), undefined)
  await assert.rejects(store.commit([put(id('a'), {}, 0)]), /exists already, at revision 2/)
  await assert.rejects(store.commit([remove(id('z'), 7)]), /does not exist, and revision 7 was expected/)
})

test('commits that are not awaited keep their order, and listeners hear each once it is on disk', async () => {
  const store = open()
  const heard: string[] = []
  store.onCommit(({ revision, versions }) => heard.push(`${revision}:${versions.map(({ name }) => name).join()}`))
  const answers = Array.from({ length: 50 }, (_, n) => store.commit([put(id(`o${n % 7}`), { n })]))
  assert.deepEqual(heard, [])
  assert.equal(store.staged(id('o0'))?.revision, 50)
  assert.equal(store.facts(id('o0')), undefined)
  const revisions = (await Promise.all(answers)).map(({ revision }) => revision)
  assert.deepEqual(
    revisions,
    Array.from({ length: 50 }, (_, n) => n + 1),
  )
  assert.deepEqual(
    heard,
    revisions.map(revision => `${revision}:o${(revision - 1) % 7}`),
  )
})

test('a clock that is set back makes no commit earlier than the one before, and times find the right revision', async () => {
  const store = open()
  const startMs = clock.now()
  await store.commit([put(id('a'), { x: 1 })])
  clock.jump(-3_600_000)
  await store.commit([put(id('a'), { x: 2 })])
  clock.jump(3_600_000)
  clock.advance(10)
  await store.commit([put(id('a'), { x: 3 })])
  assert.deepEqual(
    store.history(id('a')).map(({ changedAtMs }) => changedAtMs - startMs),
    [10, 0, 0],
  )
  assert.deepEqual([startMs - 1, startMs, startMs + 9, startMs + 10].map(store.revisionAt), [0, 2, 2, 3])
})

test('pages follow each other without a gap, and a page of the past does not see later commits', async () => {
  const store = open()
  await store.commit(['a', 'b', 'c', 'd', 'e'].map(name => put(id(name), {})))
  await store.commit([remove(id('c')), put(id('f'), {})])
  const page = store.list({ kind: 'ServiceEntry', namespace: 'shop', limit: 2, at: 1 })
  const after = page.at(-1)
  assert.ok(after !== undefined)
  assert.deepEqual(
    [...page, ...store.list({ kind: 'ServiceEntry', namespace: 'shop', after: idOf(after), at: 1 })].map(
      ({ name }) => name,
    ),
    ['a', 'b', 'c', 'd', 'e'],
  )
  assert.deepEqual(
    store.list({ after: idOf(after) }).map(({ name }) => name),
    ['d', 'e', 'f'],
  )
  assert.deepEqual(store.list({ namespace: 'other' }), [])
  assert.throws(() => store.list({ at: 3 }), { code: 'REVISION_UNKNOWN' })
})

test('the seeks of a listing go by indices, whatever the history holds', async () => {
  const plan = database
    .all(
      `EXPLAIN QUERY PLAN SELECT o.kind, v.object FROM config_objects o JOIN config_versions v ON v.object_id = o.id
       AND v.revision = (SELECT max(revision) FROM config_versions WHERE object_id = o.id AND revision <= ?)
       WHERE v.object IS NOT NULL AND o.kind = ? ORDER BY o.kind, o.namespace, o.name LIMIT 5`,
      [1, 'x'],
    )
    .map(({ detail }) => String(detail))
  assert.ok(
    plan.every(step => !step.startsWith('SCAN') && !step.includes('TEMP B-TREE')),
    plan.join('\n'),
  )
})

test('usage counts what exists, also while it is on its way to the disk', async () => {
  const store = open()
  const routed: ObjectId = { kind: 'VirtualService', namespace: 'shop', name: 'v' }
  const spec = { http: [{ match: [{}, {}] }, {}], tcp: [{}] }
  const committed = store.commit([put(routed, spec), put(id('a'), {})])
  const bytes = [entry(routed, spec), entry(id('a'), {})].map(object => JSON.stringify(object).length)
  assert.deepEqual(store.usage('shop'), { objects: 2, routes: 4, bytes: (bytes[0] ?? 0) + (bytes[1] ?? 0) })
  await committed
  await store.commit([remove(routed)])
  assert.deepEqual(store.usage('shop'), { objects: 1, routes: 0, bytes: bytes[1] })
  assert.deepEqual(open().usage('shop'), store.usage('shop'))
})

test('history is compacted by count in slices: what the oldest revision promises stays, versions before it go', async () => {
  const store = open({ commits: 3, ageMs: 1e12, versionsOfObject: 2 })
  for (let n = 1; n <= 10; n += 1) await store.commit([put(id('a'), { n }), put(id(`o${n}`), { n })])
  await store.commit([remove(id('o1'))])
  const before = [9, 10, 11].map(at => store.list({ at }))
  while (await store.compact());
  assert.equal(store.oldestRevision(), 8)
  assert.deepEqual(
    [9, 10, 11].map(at => store.list({ at })),
    before,
  )
  assert.deepEqual(
    store.history(id('a')).map(({ revision }) => revision),
    [10, 9, 8],
  )
  assert.equal(store.history(id('o1')).length, 2)
  assert.throws(() => store.get(id('a'), 7), { code: 'REVISION_COMPACTED' })
  assert.throws(() => store.changesSince(7), { code: 'REVISION_COMPACTED' })
  for (let n = 0; n < 4; n += 1) await store.commit([put(id('b'), { n })])
  while (await store.compact());
  assert.deepEqual(store.history(id('o1')), [])
  assert.deepEqual(database.all("SELECT * FROM config_objects WHERE name = 'o1'"), [])
  assert.deepEqual(
    store.history(id('a')).map(({ revision }) => revision),
    [10, 9],
  )
})

test('history is compacted by age, one bounded slice at a time', async () => {
  const store = open({ commits: 1e9, ageMs: 1000, versionsOfObject: 1 })
  for (let n = 0; n < 500; n += 1) void store.commit([put(id('a'), { n })])
  await store.commit([put(id('b'), {})])
  assert.equal(await store.compact(), false)
  clock.advance(2000)
  await store.commit([put(id('c'), {})])
  assert.equal(await store.compact(), true)
  assert.equal(store.oldestRevision(), 200)
  while (await store.compact());
  assert.equal(store.oldestRevision(), 501)
  assert.deepEqual(names(store), ['a@500g500', 'b@501g1', 'c@502g1'])
  assert.equal(store.history(id('a')).length, 1)
})

/** The store as a list of versions, as plain as can be. */
function model() {
  const versions: StoredVersion[] = []
  return {
    add: (added: readonly StoredVersion[]) => versions.push(...added),
    list: (at: number) => {
      const newest = new Map<string, StoredVersion>()
      for (const version of versions) if (version.revision <= at) newest.set(idText(version), version)
      const sorted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, version]) => version)
      return sorted.filter(({ object }) => object !== undefined)
    },
    since: (revision: number) => versions.filter(version => version.revision > revision),
  }
}

test('whatever is written, compacted and opened again, the past is as it was and a watch misses nothing', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), x: fc.option(fc.nat(2)) }), {
        minLength: 1,
        maxLength: 3,
      }),
    },
    { weight: 1, arbitrary: fc.constant('compact' as const) },
    { weight: 1, arbitrary: fc.constant('reopen' as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async steps => {
      await database.close()
      rmSync(directory, { recursive: true })
      database = openDatabase({ directory, migrations: configMigrations, log: silentLog })
      const policy = { commits: 4, ageMs: 1e12, versionsOfObject: 1 }
      let store = open(policy)
      const expected = model()
      const heard = (committed: { readonly versions: readonly StoredVersion[] }) => expected.add(committed.versions)
      store.onCommit(heard)
      for (const what of steps) {
        if (what === 'compact') await store.compact()
        else if (what === 'reopen') {
          store = open(policy)
          store.onCommit(heard)
        } else {
          const writes = [...new Map(what.map(write => [write.name, write])).values()]
          await store.commit(writes.map(({ name, x }) => (x === null ? remove(id(name)) : put(id(name), { x }))))
        }
        for (let at = store.oldestRevision(); at <= store.revision(); at += 1) {
          assert.deepEqual(store.list({ at }), expected.list(at))
          assert.deepEqual(
            store.changesSince(at).flatMap(({ versions }) => versions),
            expected.since(at),
          )
        }
      }
    }),
    { numRuns: 12 },
  )
})
