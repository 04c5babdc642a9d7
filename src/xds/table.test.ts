import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SubscriptionInterner, wantsNothing } from './subscription.ts'
import { createResourceTable, Table } from './table.ts'
import { edit } from './testing/test-directory.ts'

const typeUrl = 'type.googleapis.com/test.Thing'
const interner = new SubscriptionInterner()
const all = interner.acquire({ ...wantsNothing, wildcard: true })
const only = (...names: string[]) => interner.acquire({ ...wantsNothing, names: new Set(names) })

test('the version grows with each apply that changes something, and equal content changes nothing', () => {
  const table = createResourceTable(typeUrl)
  assert.equal(table.version, 0)
  edit(table, { a: '1', b: '1' })
  assert.equal(table.version, 1)
  edit(table, { a: '1', nowhere: undefined })
  assert.equal(table.version, 1)
  edit(table, { a: '2' })
  assert.equal(table.version, 2)
  assert.equal(table.size, 2)
})

test('changedSince names what was added, changed or removed after a cursor', () => {
  const table = new Table(typeUrl)
  const cursor = table.cursor(all, () => undefined)
  edit(table, { a: '1', b: '1' })
  cursor.moveTo(1)
  edit(table, { a: '2' })
  edit(table, { b: undefined, c: '1' })
  assert.deepEqual([...table.changedSince(1)].sort(), ['a', 'b', 'c'])
  assert.deepEqual([...table.changedSince(2)].sort(), ['b', 'c'])
  assert.deepEqual([...table.changedSince(3)], [])
})

test('tombstones are kept until every cursor is past them', () => {
  const table = new Table(typeUrl)
  const slow = table.cursor(all, () => undefined)
  const fast = table.cursor(all, () => undefined)
  edit(table, { gone: '1' })
  slow.moveTo(1)
  edit(table, { gone: undefined })
  fast.moveTo(2)
  table.prune()
  assert.equal(table.replacedSince(1).get('gone')?.name, 'gone')
  slow.moveTo(2)
  table.prune()
  assert.equal(table.logLength, 0)
})

test('a cursor that nothing concerned does not keep the log alive', () => {
  const table = new Table(typeUrl)
  edit(table, { a: '0' })
  const cursor = table.cursor(only('a'), () => undefined)
  cursor.moveTo(1)
  for (let i = 0; i < 1000; i++) edit(table, { b: String(i) })
  assert.equal(cursor.isBehind, false)
  assert.ok(table.logLength < 100, `${table.logLength} entries`)
})

test('only cursors that want a changed name are woken', () => {
  const table = new Table(typeUrl)
  const woken: string[] = []
  for (const name of ['a', 'b']) table.cursor(only(name), () => woken.push(name))
  table.cursor(all, () => woken.push('*'))
  edit(table, { a: '1', x: '1' })
  assert.deepEqual(woken.sort(), ['*', 'a'])
})

test('cursors in the same state have the same canonical position, whenever they came', () => {
  const table = new Table(typeUrl)
  const first = table.cursor(only('a'), () => undefined)
  edit(table, { a: '1' })
  first.moveTo(table.version)
  edit(table, { b: '1' })
  const second = table.cursor(only('a'), () => undefined)
  second.moveTo(table.version)
  assert.notEqual(first.position, second.position)
  assert.equal(first.canonical, second.canonical)
  edit(table, { a: '2' })
  assert.equal(first.canonical, second.canonical)
  assert.equal(first.isBehind && second.isBehind, true)
})

test('a cursor that changes its subscription misses nothing of what it wanted before', () => {
  const table = new Table(typeUrl)
  edit(table, { a: '1', b: '1' })
  const cursor = table.cursor(only('a'), () => undefined)
  cursor.moveTo(table.version)
  edit(table, { a: '2' })
  cursor.resubscribe(only('a', 'b'))
  assert.equal(cursor.isBehind, true)
  assert.ok(table.changedSince(cursor.position).has('a'))
})

test('heldAt says what a holder at an old position has', () => {
  const table = new Table(typeUrl)
  table.cursor(all, () => undefined).moveTo(1)
  edit(table, { same: '1', changed: '1', gone: '1' })
  const { version } = table.get('changed') ?? assert.fail()
  edit(table, { changed: '2', gone: undefined, added: '1' })
  const held = table.heldAt(1, all)
  assert.deepEqual([...held.keys()].sort(), ['changed', 'gone', 'same'])
  assert.equal(held.get('changed')?.version, version)
  assert.deepEqual(table.heldAt(0, all), new Map())
})

test('a log that one client would keep for ever is cut, and that client is lost', () => {
  const table = new Table(typeUrl)
  const stuck = table.cursor(all, () => undefined)
  edit(table, { a: '0' })
  stuck.moveTo(1)
  for (let i = 1; i < 6000; i++) edit(table, { a: String(i) })
  assert.ok(table.logLength <= 4096 + 100)
  assert.equal(stuck.isLost, true)
  stuck.moveTo(table.version)
  assert.equal(stuck.isLost, false)
})

test('names are found by scope, the part before the last slash', () => {
  const table = new Table(typeUrl)
  edit(table, { '80/a': '1', 'x/80/b': '1', plain: '1' })
  assert.deepEqual([...table.namesIn('80')], ['80/a'])
  edit(table, { '80/a': undefined, '80/c': '1' })
  assert.deepEqual([...table.namesIn('80')], ['80/c'])
  assert.deepEqual([...table.namesIn('x/80')], ['x/80/b'])
})
