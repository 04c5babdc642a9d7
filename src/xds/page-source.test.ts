import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameCache } from './frame-cache.ts'
import { PageSource } from './page-source.ts'
import { ResponseBuilder } from './response.ts'
import { SamePages } from './same-pages.ts'
import { SubscriptionInterner } from './subscription.ts'
import { Table } from './table.ts'
import { edit } from './testing/test-directory.ts'
import { typeUrls } from './type-rules.ts'

const builder = new ResponseBuilder(1e6)
const source = new PageSource(typeUrls.cluster, 'delta', {
  cache: new FrameCache(1e6),
  builder,
  samePages: new SamePages(),
  absentNames: new WeakMap(),
  runId: 'run',
})
const everything = new SubscriptionInterner().acquire({ wildcard: true, names: new Set(), scopes: new Set() })

function firstPages(contents: Readonly<Record<string, string>>) {
  const table = new Table(typeUrls.cluster)
  edit(table, contents)
  return source.changed(
    table.cursor(everything, () => undefined),
    everything,
  )
}

const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`cluster-${i}`, `${i}`]))

test('tables that hold the same share their pages, and not those of a table that differs in one resource', () => {
  const pages = firstPages(many)
  const before = builder.framesBuilt
  assert.equal(firstPages(many), pages)
  assert.equal(builder.framesBuilt, before)
  for (const other of [
    { ...many, 'cluster-7': 'other' },
    { ...many, more: '1' },
  ]) {
    const [page] = firstPages(other)
    assert.notEqual(page, pages[0])
    assert.deepEqual(page?.names.flat().toSorted(), Object.keys(other).toSorted())
  }
})
