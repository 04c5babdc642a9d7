import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import { createAlarms } from './alarms.ts'

const checkpointOf = (origin: string, treeSize: number): Checkpoint => ({
  origin,
  treeSize,
  rootHash: Buffer.alloc(32),
  signature: Buffer.alloc(64),
})

test('what a workload says or makes up, however often, does not push out an alarm that is proved', () => {
  const alarms = createAlarms({ clock: new FakeClock(), log: silentLog })
  alarms.judge(checkpointOf('td/log/ab/1', 9), { kind: 'fork', epoch: 1, message: 'other entries' }, 'disk')
  for (let i = 0; i < 100; i++) {
    alarms.complained({ kind: 'unproved', from: `agent ${i}`, treeSize: i, message: `no proof ${i}` })
    alarms.judge(checkpointOf(`x/${i}`, i), { kind: 'foreign', epoch: undefined, message: 'not ours' }, 'agent')
  }
  assert.deepEqual(
    alarms.all.filter(({ kind }) => kind === 'fork').map(({ from }) => from),
    ['disk'],
  )
  assert.equal(alarms.all[0]?.kind, 'fork')
  assert.ok(alarms.all.length <= 100)
  assert.equal(alarms.count, 201)
})
