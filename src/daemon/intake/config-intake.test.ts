import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { problemsOf } from '../../config/store/config-errors.ts'
import type { ObjectId } from '../../config/store/config-store.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { entry, entryId, type IntakeRig, objectOf, put, startIntake, until } from '../testing/intake-rig.ts'

let rig: IntakeRig

beforeEach(async () => {
  rig = await startIntake()
})
afterEach(() => rig.remove())

const inGraph = (name: string) => rig.discovery.sources.ServiceEntry.get(`shop/${name}`)
const portOf = (name: string): number | undefined => inGraph(name)?.spec.ports?.[0]?.number
const stateOf = (name: string): string | undefined => rig.access.get(entryId(name))?.state
const recorded = (name: string) => until(() => rig.access.get(entryId(name)) !== undefined)
async function refusalOf(promise: Promise<unknown>): Promise<MeshwrightError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof MeshwrightError)
  return thrown
}

test('what is applied is on disk and in the graph when apply resolves, with the age that the store gives it', async () => {
  const authored = objectOf(entryId('a'), entry('a').spec, { creationTimestamp: '1999-01-01T00:00:00Z', uid: 'mine' })
  const { revision, entries } = await rig.apply(put(authored))
  assert.equal(revision, 1)
  assert.deepEqual(
    entries.map(({ state, readOnly, generation, changedBy }) => [state, readOnly, generation, changedBy]),
    [['in force', false, 1, 'ann']],
  )
  const createdAt = new Date(entries[0]?.createdAtMs ?? 0).toISOString()
  assert.equal(inGraph('a')?.metadata.creationTimestamp, createdAt)
  assert.deepEqual(rig.access.get(entryId('a'))?.object, entry('a'))
  rig = await rig.restart()
  assert.equal(inGraph('a')?.metadata.creationTimestamp, createdAt)
  assert.deepEqual(inGraph('a')?.origin, { source: 'store', revision: 1 })
})

test('a batch of files is a commit by its file, which history and a watch have; a restart records only differences', async () => {
  const heard: string[] = []
  rig.access.onChange(({ revision, entries }) =>
    heard.push(...entries.map(({ name, changedBy, state }) => `${revision} ${name} ${changedBy} ${state}`)),
  )
  rig.file('a.yaml', entry('a'), entry('b'))
  await recorded('b')
  rig.file('a.yaml', entry('a', 'shop', 81), entry('b'))
  await until(() => rig.access.get(entryId('a'))?.generation === 2)
  assert.deepEqual(rig.access.get(entryId('a'))?.source, {
    kind: 'file',
    file: `${rig.config}/a.yaml`,
    line: 1,
    column: 1,
  })
  const by = `file:${rig.config}/a.yaml`
  assert.deepEqual(heard, [`1 a ${by} in force`, `1 b ${by} in force`, `2 a ${by} in force`])
  const uid = rig.access.get(entryId('a'))?.uid
  await rig.stop()
  rig.removeFile('a.yaml')
  rig.file('b.yaml', entry('a', 'shop', 81))
  rig = await startIntake({ folder: rig.folder })
  await until(() => rig.access.get(entryId('b')) === undefined)
  assert.equal(rig.access.revision(), 3)
  assert.deepEqual(
    rig.access.history(entryId('b')).map(({ state, changedBy }) => [state, changedBy]),
    [
      ['deleted', by],
      ['past', by],
    ],
  )
  assert.equal(rig.access.get(entryId('a'))?.uid, uid)
  assert.deepEqual(
    rig.access.list({ at: 1 }).entries.map(({ name }) => name),
    ['a', 'b'],
  )
})

test('a file keeps the fields that the mesh passes over', async () => {
  const service = objectOf(
    { kind: 'Service', namespace: 'shop', name: 's' },
    {
      ports: [{ port: 80 }],
      sessionAffinity: 'ClientIP',
    },
  )
  rig.file('s.yaml', service)
  await until(() => rig.access.list({}).entries.length > 0)
  assert.deepEqual(rig.access.list({}).entries[0]?.object, service)
})

test('an object of a file is refused at the door, with the place where it can be changed', async () => {
  rig.file('a.yaml', entry('a'))
  await until(() => inGraph('a') !== undefined)
  const error = await refusalOf(rig.apply(put(entry('b')), put(entry('a', 'shop', 81))))
  assert.equal(error.code, 'OBJECT_READ_ONLY')
  assert.match(error.message, /ServiceEntry shop\/a comes from .*a\.yaml:1:1/)
  assert.equal(rig.access.get(entryId('b')), undefined)
  await recorded('a')
  assert.equal(rig.access.get(entryId('a'))?.readOnly, true)
})

test('an object of the store stays in force when a file brings the same one; both say so, and the file follows it', async () => {
  await rig.apply(put(entry('a')))
  rig.file('a.yaml', entry('a', 'shop', 81), entry('b'))
  await recorded('b')
  assert.equal(portOf('a'), 80)
  const [onStore, onFile] = rig.access.get(entryId('a'))?.problems ?? []
  assert.match(onStore?.reason ?? '', /is also in .*a\.yaml:1:1, which is not in force/)
  assert.match(onFile?.reason ?? '', /is in the store already, at revision 1, which is in force/)
  assert.deepEqual(
    rig.access.refused().map(({ id, state }) => [id?.name, state]),
    [['a', 'shadowed']],
  )
  assert.deepEqual(rig.intake.counts(), { inForce: 2, refused: 1, refusedSettings: 0 })
  await rig.apply(put(entry('a', 'shop', 82)))
  assert.equal(portOf('a'), 82)
  await rig.apply({ ...entryId('a'), object: undefined })
  assert.equal(portOf('a'), 81)
  await until(() => rig.access.get(entryId('a'))?.readOnly === true)
  assert.deepEqual(rig.access.refused(), [])
})

test('a file that becomes invalid keeps its last good version in force, and its entry says why', async () => {
  rig.file('a.yaml', entry('a'))
  await recorded('a')
  rig.file('a.yaml', objectOf(entryId('a'), { hosts: [] }))
  await until(() => stateOf('a') === 'last good in force')
  assert.equal(portOf('a'), 80)
  assert.ok((rig.access.get(entryId('a'))?.problems.length ?? 0) > 0)
  rig.file('b.yaml', objectOf(entryId('b'), { hosts: [] }))
  await until(() => rig.access.refused().length > 0)
  assert.deepEqual(
    rig.access.refused().map(({ id, state }) => [id?.name, state]),
    [['b', 'refused']],
  )
})

test('a refused object of a file stands in lists and pages as it was written, can be changed only there, and comes in force when it is mended', async () => {
  await rig.apply(put(entry('a')), put(entry('c')))
  const wrong = objectOf(entryId('b'), { hosts: [], resolution: 'DNS' }, { labels: { team: 'x' } })
  rig.file('b.yaml', wrong, objectOf(entryId('c'), { hosts: [] }), objectOf(entryId('d'), { hosts: [] }))
  await until(() => rig.access.list({ withRefused: true }).entries.length === 4)
  const { entries } = rig.access.list({ withRefused: true })
  assert.deepEqual(
    entries.map(({ name, state, readOnly, revision }) => [name, state, readOnly, revision]),
    [
      ['a', 'in force', false, 1],
      ['b', 'refused', true, 0],
      ['c', 'in force', false, 1],
      ['d', 'refused', true, 0],
    ],
  )
  const refused = rig.access.get(entryId('b'))
  assert.deepEqual(refused, entries[1])
  assert.deepEqual(refused?.object, wrong)
  assert.deepEqual(refused?.source, { kind: 'file', file: `${rig.config}/b.yaml`, line: 1, column: 1 })
  assert.match(refused?.problems[0]?.field ?? '', /^spec\.hosts/)
  assert.equal(rig.access.get(entryId('b'), 1), undefined)
  assert.deepEqual(
    rig.access.list({}).entries.map(({ name }) => name),
    ['a', 'c'],
  )
  const names: string[] = []
  for (let after: ObjectId | undefined; ; ) {
    const page = rig.access.list({ withRefused: true, limit: 1, ...(after === undefined ? {} : { after }) })
    names.push(...page.entries.map(({ name }) => name))
    after = page.next
    if (after === undefined) break
  }
  assert.deepEqual(names, ['a', 'b', 'c', 'd'])
  assert.equal((await refusalOf(rig.apply(put(entry('b'))))).code, 'OBJECT_READ_ONLY')
  assert.equal((await rig.apply(put(entry('c', 'shop', 81)))).entries[0]?.state, 'in force')
  rig.file('b.yaml', entry('b'))
  await until(() => stateOf('b') === 'in force')
  assert.equal(rig.access.list({ withRefused: true }).entries.length, 3)
})

test('one wrong object refuses its transaction with every problem of it, and a dry run finds the same', async () => {
  const wrong = put(objectOf(entryId('b'), { hosts: [], colour: 'red' }))
  for (const dryRun of [true, false]) {
    const applied = rig.access.apply({ writes: [put(entry('a')), wrong], changedBy: 'ann', dryRun })
    const error = await refusalOf(applied)
    assert.equal(error.code, 'CONFIG_INVALID')
    assert.ok(
      problemsOf(error).some(({ field, file, line }) => field === 'spec.colour' && file === 'request' && line === 0),
    )
  }
  assert.equal(rig.access.revision(), 0)
  assert.equal(inGraph('a'), undefined)
})

test('a dry run shows the entries as they would be and changes nothing', async () => {
  const commits = rig.commits()
  const { entries, revision } = await rig.access.apply({ writes: [put(entry('a'))], changedBy: 'ann', dryRun: true })
  assert.deepEqual(
    entries.map(({ state, generation }) => [state, generation]),
    [['in force', 1]],
  )
  assert.equal(revision, 0)
  assert.equal(rig.commits(), commits)
  const stale = rig.access.apply({ writes: [put(entry('a'), 7)], changedBy: 'ann', dryRun: true })
  assert.equal((await refusalOf(stale)).code, 'REVISION_CONFLICT')
})

test('an object under another name than the write says, or twice, is refused', async () => {
  const misnamed = await refusalOf(rig.apply({ ...entryId('other'), object: entry('a') }))
  assert.match(misnamed.message, /is not what the object calls itself: ServiceEntry shop\/a/)
  assert.match((await refusalOf(rig.apply(put(entry('a')), put(entry('a'))))).message, /is written twice/)
})

test('a quota refuses with the limit, what there is and what there would be, and lets go what is above it', async () => {
  const folder = rig.folder
  await rig.apply(put(entry('a')), put(entry('b')), put(entry('c')))
  await rig.stop()
  rig = await startIntake({ folder, quotas: { objects: 2, routes: 3, bytes: 0 } })
  const error = await refusalOf(rig.apply(put(entry('d'))))
  assert.equal(error.code, 'QUOTA_EXCEEDED')
  assert.deepEqual(error.facts, { namespace: 'shop', quota: 'objects', limit: 2, used: 3, asked: 4 })
  await rig.apply({ ...entryId('a'), object: undefined })
  await rig.apply(put(entry('d', 'other')))
  const id = { kind: 'VirtualService', namespace: 'other', name: 'v' } as const
  const route = { route: [{ destination: { host: 'd.other.example.com' } }] }
  const match = ['/a', '/b', '/c', '/d'].map(prefix => ({ uri: { prefix } }))
  const routes = await refusalOf(
    rig.apply(put(objectOf(id, { hosts: ['d.other.example.com'], http: [{ match, ...route }] }))),
  )
  assert.deepEqual(routes.facts, { namespace: 'other', quota: 'routes', limit: 3, used: 0, asked: 4 })
})
