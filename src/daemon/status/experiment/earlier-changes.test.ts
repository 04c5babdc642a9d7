import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import { entry, entryId, type IntakeRig, put, startIntake, until } from '../../testing/intake-rig.ts'
import { earlierChanges } from './earlier-changes.ts'
import { createRecentChanges, type RecentChanges } from './recent-changes.ts'

function recentOf({ intake, discovery }: IntakeRig): RecentChanges {
  const history = { versions: () => intake.versions(), history: intake.access.history }
  const recent = createRecentChanges({
    now: () => 1,
    earlier: limit => earlierChanges({ sources: discovery.sources, ...history }, limit),
  })
  recent.note('ServiceEntry', [...discovery.sources.ServiceEntry.entries()].map(loadedFrom))
  recent.loaded()
  return recent
}

const loadedFrom = ([key, after]: readonly [string, AnyObject]) => ({ key, before: undefined, after })

const portOf = (recent: RecentChanges, name: string): unknown => {
  const before = recent.of('ServiceEntry', `shop/${name}`)?.before
  return before?.kind === 'ServiceEntry' ? before.spec.ports?.[0]?.number : undefined
}

test('after a restart the last change of an object is that of its history, of the store and of files', async t => {
  let rig = await startIntake()
  t.after(() => rig.remove())
  rig.file('a.yaml', entry('of-file', 'shop', 80))
  await until(() => rig.access.history(entryId('of-file')).length === 1)
  for (const port of [80, 81]) await rig.apply(put(entry('of-store', 'shop', port)))
  await rig.apply(put(entry('young', 'shop', 80)))
  await rig.stop()
  // Changed while nobody looked.
  rig.file('a.yaml', entry('of-file', 'shop', 82))
  rig = await rig.restart()
  const recent = recentOf(rig)
  assert.equal(portOf(recent, 'of-store'), 80)
  assert.equal(portOf(recent, 'of-file'), 80)
  const young = recent.of('ServiceEntry', 'shop/young')
  assert.equal(young?.before, undefined)
  assert.equal(young?.atMs, undefined)
  assert.equal(recent.of('ServiceEntry', 'shop/young'), young)
})

test('what changes in this run comes before what changed earlier', async t => {
  const rig = await startIntake()
  t.after(() => rig.remove())
  for (const name of ['one', 'two', 'three']) await rig.apply(put(entry(name)))
  const recent = recentOf(rig)
  const two = rig.discovery.sources.ServiceEntry.get('shop/two')
  recent.note('ServiceEntry', [{ key: 'shop/two', before: two, after: undefined }])
  assert.deepEqual(
    [...recent.list()].map(({ key }) => key),
    ['shop/two', 'shop/three', 'shop/one'],
  )
  assert.equal(recent.of('ServiceEntry', 'shop/two')?.atMs, 1)
})
