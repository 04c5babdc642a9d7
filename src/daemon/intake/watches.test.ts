/** Watches on a real store: what many of them cost, where they go on, and when they must begin anew. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommitFeed, createCommitFeed } from '../../api/watch/commit-feed.ts'
import { type WatchOptions, watchEvents } from '../../api/watch/watch-events.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import { defaultHistoryPolicy } from '../../config/store/sqlite/history-policy.ts'
import { type Clock, FakeClock, systemClock } from '../../platform/clock.ts'
import { entry, put, startIntake, until } from '../testing/intake-rig.ts'

interface Event {
  readonly type: string
  readonly object: {
    readonly name?: string
    readonly revision: number
    readonly code?: number
    readonly reason?: string
  }
}

function watching(feed: CommitFeed, from: number, more: Partial<WatchOptions> = {}): AsyncGenerator<Buffer> {
  return watchEvents({
    feed,
    clock: systemClock,
    from,
    initial: [],
    concerns: () => true,
    isOfKind: ({ kind }: ConfigEntry) => kind === 'ServiceEntry',
    bookmarks: false,
    markInitial: false,
    timeoutMs: 600_000,
    signal: new AbortController().signal,
    view: 'plain',
    show: ({ name, revision }) => ({ name, revision }),
    bookmark: revision => ({ revision }),
    ...more,
  })
}

async function take(watch: AsyncGenerator<Buffer>, count: number): Promise<readonly Buffer[]> {
  const lines: Buffer[] = []
  while (lines.length < count) {
    const { value } = await watch.next()
    if (value === undefined) break
    lines.push(value)
  }
  return lines
}

const read = (line: Buffer | undefined): Event => JSON.parse(String(line)) as Event
const told = (lines: readonly Buffer[]): readonly string[] =>
  lines.map(read).map(({ type, object: { name, revision } }) => `${type} ${name} ${revision}`)

test('an event is made once for a hundred watchers, and once more for each other view', async t => {
  const rig = await startIntake()
  t.after(() => rig.remove())
  const feed = createCommitFeed(rig.access)
  let shows = 0
  const views = ['plain', 'plain', 'plain', 'table']
  const watchers = Array.from({ length: 100 }, (_, n) =>
    watching(feed, 0, {
      view: views[n % views.length] ?? '',
      show({ name, revision }) {
        shows += 1
        return { name, revision }
      },
    }),
  )
  const taken = Promise.all(watchers.map(watch => take(watch, 3)))
  await rig.apply(put(entry('a')))
  await rig.apply(put(entry('a', 'shop', 81)), put(entry('b')))
  const lines = await taken
  for (const ofOne of lines) assert.deepEqual(told(ofOne), ['ADDED a 1', 'MODIFIED a 2', 'ADDED b 2'])
  assert.deepEqual([feed.lines.made, shows], [6, 6])
  assert.equal(new Set(lines.flat()).size, 6)
})

test('a bookmark says how far a quiet watch is, and from its revision on nothing is missed or told again', async t => {
  const rig = await startIntake()
  t.after(() => rig.remove())
  const feed = createCommitFeed(rig.access)
  const clock = new FakeClock()
  const quiet = take(watching(feed, 0, { clock, bookmarks: true }), 1)
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'shop' }, spec: {} }
  await rig.apply(put({ ...service, spec: { ports: [{ port: 1 }] } }))
  await rig.apply(put({ ...service, spec: { ports: [{ port: 2 }] } }))
  clock.advance(60_000)
  await rig.apply(put({ ...service, spec: { ports: [{ port: 3 }] } }))
  const { type, object } = read((await quiet)[0])
  assert.equal(type, 'BOOKMARK')
  assert.ok(object.revision >= 2)
  await rig.apply(put(entry('a')))
  assert.deepEqual(told(await take(watching(feed, object.revision), 1)), ['ADDED a 4'])
})

/** What is done once a minute is done at once. */
const hurried: Clock = {
  ...systemClock,
  after: (delayMs, task) => systemClock.after(delayMs >= 60_000 ? 10 : delayMs, task),
}

test('a watcher that fell behind what is kept is told that its revision has expired, and one that follows is not', async t => {
  const rig = await startIntake({ clock: hurried, history: { ...defaultHistoryPolicy, commits: 5 } })
  t.after(() => rig.remove())
  const feed = createCommitFeed(rig.access)
  await rig.apply(put(entry('a')))
  const [slow, quick] = [watching(feed, 0), watching(feed, 0)]
  assert.deepEqual(told(await take(slow, 1)), ['ADDED a 1'])
  const total = 600
  const followed = take(quick, 1 + total)
  for (let n = 1; n <= total; n += 1) await rig.apply(put(entry('a', 'shop', n + 1)))
  assert.equal(read((await followed).at(-1)).object.revision, 1 + total)
  await until(() => rig.access.oldestRevision() > 1)
  const [error] = await take(slow, 1)
  const { type, object } = read(error)
  assert.deepEqual([type, object.code, object.reason], ['ERROR', 410, 'Expired'])
  assert.equal((await slow.next()).done, true)
  assert.throws(() => feed.since(1), { code: 'REVISION_COMPACTED' })
})
