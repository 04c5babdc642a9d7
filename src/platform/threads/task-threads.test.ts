import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshwrightError } from '../errors.ts'
import { createTaskThreads, type TaskThreads, tasksBeforeAnother } from './task-threads.ts'
import type { Told } from './testdata/arithmetic.ts'

function threads(most = 1): TaskThreads<Told, number> {
  return createTaskThreads({ name: 'arithmetic', module: new URL('./testdata/arithmetic.ts', import.meta.url), most })
}

test('every task gets its own result, and none is started before there is one', async () => {
  const crew = threads()
  assert.equal(crew.isRunning, false)
  const numbers = Array.from({ length: 200 }, (_, i) => i)
  const results = await Promise.all(numbers.map(number => crew.run({ what: 'double', number })))
  assert.deepEqual(
    results,
    numbers.map(number => 2 * number),
  )
  assert.equal(crew.isRunning, true)
  await crew.stop()
  assert.equal(crew.isRunning, false)
  await assert.rejects(crew.run({ what: 'double', number: 1 }), { code: 'INTERNAL' })
})

test('a few tasks are the business of one thread, many of as many as there may be', async () => {
  const crew = threads(2)
  const which = (count: number): Promise<number[]> =>
    Promise.all(Array.from({ length: count }, () => crew.run({ what: 'which', number: 0 })))
  assert.equal(new Set(await which(tasksBeforeAnother)).size, 1)
  assert.equal(new Set(await which(4 * tasksBeforeAnother)).size, 2)
  await crew.stop()
})

test('a refusal keeps its code, text and cause; a fault is ours; the tasks beside them are not concerned', async () => {
  const crew = threads()
  const [refused, failed, doubled] = await Promise.allSettled([
    crew.run({ what: 'refuse', number: 0 }),
    crew.run({ what: 'fail', number: 0 }),
    crew.run({ what: 'double', number: 4 }),
  ])
  const error = refused.status === 'rejected' ? refused.reason : assert.fail('not refused')
  assert.ok(error instanceof MeshwrightError)
  assert.deepEqual([error.code, error.message, error.cause], ['CA_CSR_INVALID', 'odd', 'because'])
  assert.equal(failed.status === 'rejected' && failed.reason.code, 'INTERNAL')
  assert.match(failed.status === 'rejected' ? failed.reason.message : '', /arithmetic.*broken/)
  assert.deepEqual(doubled, { status: 'fulfilled', value: 8 })
  await crew.stop()
})

test('what waits for a thread that dies is refused, and the next task gets another thread', async () => {
  const crew = threads()
  const deaths = await Promise.allSettled([
    crew.run({ what: 'die', number: 3 }),
    ...Array.from({ length: 40 }, () => crew.run({ what: 'double', number: 1 })),
  ])
  assert.ok(deaths.every(one => one.status === 'rejected' && one.reason.code === 'INTERNAL'))
  assert.equal(await crew.run({ what: 'double', number: 5 }), 10)
  await crew.stop()
})
