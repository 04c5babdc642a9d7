import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import { compareCheckpoint, type WitnessedTree } from './witness.ts'

const rootOf = (size: number, history = 'a'): Buffer => Buffer.from(`${history}${size}`)

/** Restored twice: at entry 10 and at entry 15, and 20 entries long. */
const tree: WitnessedTree = {
  logName: 'td/log/ab',
  epochs: [
    { epoch: 100, firstIndex: 0 },
    { epoch: 200, firstIndex: 10 },
    { epoch: 300, firstIndex: 15 },
  ],
  size: 20,
  rootAt: size => rootOf(size),
  isOwn: ({ signature }) => signature.length > 0,
}
const seen = (epoch: number | string, treeSize: number, history?: string): Checkpoint => ({
  origin: `td/log/ab/${epoch}`,
  treeSize,
  rootHash: rootOf(treeSize, history),
  signature: Buffer.from('s'),
})
const kindOf = (checkpoint: Checkpoint): string => compareCheckpoint(checkpoint, tree).kind

test('a checkpoint of what is still there agrees, in each epoch', () => {
  for (const checkpoint of [seen(100, 0), seen(100, 10), seen(200, 15), seen(300, 20)]) {
    assert.equal(kindOf(checkpoint), 'agrees')
  }
})

test('more entries than the log has are a roll-back, others in their place a fork', () => {
  assert.equal(kindOf(seen(300, 21)), 'roll-back')
  assert.equal(kindOf(seen(300, 20, 'b')), 'fork')
  assert.equal(kindOf(seen(100, 9, 'b')), 'fork')
})

test('what a known restore took away is no alarm, and is counted', () => {
  assert.deepEqual(compareCheckpoint(seen(100, 13, 'b'), tree), { kind: 'lost-by-restore', epoch: 100, entries: 3 })
  assert.deepEqual(compareCheckpoint(seen(200, 99, 'b'), tree), { kind: 'lost-by-restore', epoch: 200, entries: 84 })
})

test('an epoch that is newer than any known is a roll-back; one between, lost with a restore', () => {
  assert.equal(kindOf(seen(400, 5)), 'roll-back')
  assert.equal(kindOf(seen(150, 12, 'b')), 'lost-by-restore')
})

test('a checkpoint by another key, of another log or of no epoch proves nothing', () => {
  assert.equal(kindOf({ ...seen(300, 20), signature: Buffer.alloc(0) }), 'foreign')
  assert.equal(kindOf({ ...seen(300, 20), origin: 'td/log/cd/300' }), 'foreign')
  assert.equal(kindOf(seen('0300', 20)), 'foreign')
  assert.equal(kindOf(seen('x', 20)), 'foreign')
})

test('a tree with holes agrees with nothing', () => {
  const broken: WitnessedTree = {
    ...tree,
    rootAt() {
      throw new Error('a node is missing')
    },
  }
  assert.equal(compareCheckpoint(seen(300, 20), broken).kind, 'fork')
})
