import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameCache } from './frame-cache.ts'
import { ResponseBuilder } from './response.ts'
import { SubscriptionInterner, wantsNothing } from './subscription.ts'
import { Table } from './table.ts'
import { edit, testResource } from './testing/test-directory.ts'

const typeUrl = 'type.googleapis.com/test.Thing'
const builder = new ResponseBuilder(1e6)
const page = (content: string) => [
  builder.whole({
    typeUrl,
    variant: 'delta',
    versionInfo: '1',
    resources: [testResource(typeUrl, 'a', content)],
    removed: [],
  }),
]

function watchedTable(): Table {
  const table = new Table(typeUrl)
  table.cursor(new SubscriptionInterner().acquire(wantsNothing), () => undefined)
  return table
}

test('pages are built once per key', () => {
  const cache = new FrameCache(1e6)
  const table = watchedTable()
  const first = cache.get('k', [table], () => page('1'))
  assert.equal(
    cache.get('k', [table], () => assert.fail('built twice')),
    first,
  )
})

test('bytes are bounded, and what was used last stays', () => {
  const cache = new FrameCache(3000)
  const table = watchedTable()
  for (const key of ['a', 'b']) cache.get(key, [table], () => page('x'.repeat(1000)))
  cache.get('a', [table], () => assert.fail('a is gone'))
  cache.get('c', [table], () => page('x'.repeat(1000)))
  assert.ok(cache.sizeBytes <= 3000)
  cache.get('a', [table], () => assert.fail('a is gone'))
  let isRebuilt = false
  cache.get('b', [table], () => {
    isRebuilt = true
    return page('1')
  })
  assert.equal(isRebuilt, true)
})

test('a page bigger than the cache is handed out and not kept', () => {
  const cache = new FrameCache(100)
  assert.equal(cache.get('k', [watchedTable()], () => page('x'.repeat(1000))).length, 1)
  assert.equal(cache.size, 0)
})

test('a sweep drops what speaks of an older version, or of a table that nobody watches', () => {
  const cache = new FrameCache(1e6)
  const moved = watchedTable()
  const kept = watchedTable()
  const unwatched = new Table(typeUrl)
  for (const table of [moved, kept, unwatched]) cache.get(String(table.id), [table], () => page('1'))
  edit(moved, { a: '1' })
  cache.sweep()
  assert.equal(cache.size, 1)
  cache.get(String(kept.id), [kept], () => assert.fail('it is gone'))
})
