import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { silentLog } from '../../platform/log.ts'
import { type Admission, type AdmissionLimits, type AdmissionRequest, createAdmission, mostATurn } from './admission.ts'

const roomy: AdmissionLimits = { mostWaiting: 1000, mostAtOnce: 1000, mostPerCaller: 1000, mostPerAddress: 1000 }

function admissionWith(limits: Partial<AdmissionLimits> = {}, clock = new FakeClock()): Admission {
  return createAdmission({ limits: { ...roomy, ...limits }, clock, random: () => 0.5, log: silentLog })
}

function request(given: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return { signal: new AbortController().signal, caller: 'a', address: '192.0.2.1', urgency: 'now', ...given }
}

const turnOfTheLoop = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function isBusy(message: RegExp): (thrown: unknown) => boolean {
  return thrown => {
    assert.ok(thrown instanceof MeshwrightError && thrown.code === 'CA_BUSY', String(thrown))
    assert.match(thrown.message, message)
    assert.ok(thrown.retryAfterMs !== undefined && thrown.retryAfterMs >= 500)
    return true
  }
}

/** A task that ends when told. */
function held(): { readonly task: () => Promise<string>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { task: () => promise, end: () => resolve('done') }
}

test('a few tasks begin in each turn of the loop, in the order in which they came', async () => {
  const admission = admissionWith()
  const begun: number[] = []
  const runs = Array.from({ length: 2 * mostATurn + 1 }, (_, number) =>
    admission.run(request(), async () => begun.push(number)),
  )
  const seen: number[] = []
  for (let turn = 0; turn < 4; turn += 1) {
    seen.push(begun.length)
    await turnOfTheLoop()
  }
  assert.deepEqual(seen, [0, mostATurn, 2 * mostATurn, 2 * mostATurn + 1])
  await Promise.all(runs)
  assert.deepEqual(begun, [...begun.keys()])
})

test('who is in a hurry goes before who can wait', async () => {
  const admission = admissionWith({ mostAtOnce: 1 })
  const order: string[] = []
  const runs = (['patient', 'now', 'patient', 'now'] as const).map((urgency, number) =>
    admission.run(request({ urgency }), async () => order.push(`${urgency} ${number}`)),
  )
  await Promise.all(runs)
  assert.deepEqual(order, ['now 1', 'now 3', 'patient 0', 'patient 2'])
})

test('when all places are taken the patient are sent away for the urgent, and the urgent only when nobody is patient', async () => {
  const admission = admissionWith({ mostWaiting: 2 })
  const patient = admission.run(request({ urgency: 'patient' }), async () => 'p')
  const first = admission.run(request(), async () => '1')
  await assert.rejects(
    admission.run(request({ urgency: 'patient' }), async () => 'p'),
    isBusy(/more than 2 certificate/),
  )
  const second = admission.run(request(), async () => '2')
  await assert.rejects(patient, isBusy(/more than 2 certificate requests are waiting/))
  await assert.rejects(
    admission.run(request(), async () => '3'),
    isBusy(/more than 2/),
  )
  assert.deepEqual(await Promise.all([first, second]), ['1', '2'])
  assert.deepEqual(admission.metrics(), {
    meshwright_ca_requests_waiting: 0,
    meshwright_ca_requests_running: 0,
    meshwright_ca_requests_refused_busy_total: 3,
    meshwright_ca_requests_displaced_total: 1,
  })
})

test('no more tasks run at once than may, however slow they are, and a failed one gives its place back', async () => {
  const admission = admissionWith({ mostAtOnce: 1 })
  const slow = held()
  const first = admission.run(request(), slow.task)
  let begun = false
  const second = admission.run(request(), async () => {
    begun = true
    throw new Error('no')
  })
  for (let turn = 0; turn < 5; turn += 1) await turnOfTheLoop()
  assert.equal(begun, false)
  slow.end()
  assert.equal(await first, 'done')
  await assert.rejects(second, /no/)
  assert.equal(await admission.run(request(), async () => 'next'), 'next')
  assert.equal(admission.metrics().meshwright_ca_requests_running, 0)
})

test('who leaves before its turn is not served, and its place is free at once', async () => {
  const admission = admissionWith({ mostWaiting: 1 })
  const leaving = new AbortController()
  const gone = admission.run(request({ signal: leaving.signal }), async () => assert.fail('it ran'))
  leaving.abort()
  const next = admission.run(request(), async () => 'next')
  await assert.rejects(gone, (thrown: unknown) => thrown instanceof MeshwrightError && thrown.code === 'CA_CANCELLED')
  assert.equal(await next, 'next')
})

test('one caller, or one address, cannot take all places', async () => {
  const admission = admissionWith({ mostPerCaller: 2, mostPerAddress: 3 })
  const run = (caller: string, address: string) => admission.run(request({ caller, address }), async () => caller)
  const served = [run('a', '1'), run('a', '2'), run('b', '1'), run('c', '1')]
  await assert.rejects(run('a', '3'), isBusy(/more than 2 requests of this caller/))
  await assert.rejects(run('d', '1'), isBusy(/more than 3 requests from this address/))
  assert.deepEqual(await Promise.all(served), ['a', 'a', 'b', 'c'])
  assert.equal(await run('a', '1'), 'a')
})

test('whether there is room can be asked before the request is read, and takes no place', async () => {
  const admission = admissionWith({ mostWaiting: 2, mostPerAddress: 2 })
  const ask = (urgency: 'now' | 'patient', address: string) => () => admission.requireRoom({ urgency, address })
  for (let times = 0; times < 10; times += 1) ask('now', '1')()
  const run = (urgency: 'now' | 'patient', address: string) =>
    admission.run(request({ urgency, address }), async () => address)
  const patient = run('patient', '1')
  const first = run('now', '1')
  assert.throws(ask('now', '1'), isBusy(/more than 2 requests from this address/))
  assert.throws(ask('patient', '2'), isBusy(/more than 2 certificate requests are waiting/))
  // It would get the place of the patient one.
  ask('now', '2')()
  assert.equal(admission.metrics().meshwright_ca_requests_displaced_total, 0)
  const second = run('now', '2')
  assert.throws(ask('now', '3'), isBusy(/more than 2 certificate requests are waiting/))
  await assert.rejects(patient, isBusy(/more than 2/))
  await Promise.all([first, second])
  ask('patient', '1')()
})

test('with a rate in the settings, a caller that asks too often is told when its next request will do', async () => {
  const clock = new FakeClock()
  const admission = admissionWith({ callerRate: { burst: 2, perSecond: 0.1 } }, clock)
  const run = (caller: string) => admission.run(request({ caller }), async () => caller)
  await run('a')
  await run('a')
  await assert.rejects(run('a'), (thrown: unknown) => {
    assert.ok(thrown instanceof MeshwrightError)
    assert.equal(thrown.retryAfterMs, 10_000)
    return true
  })
  assert.equal(await run('b'), 'b')
  clock.advance(10_000)
  assert.equal(await run('a'), 'a')
})

test('SPIRE #4490: of 10,000 at once no more are held than may wait, and others get a turn of the loop between any few', async () => {
  const admission = admissionWith({ mostWaiting: 4096, mostAtOnce: 256, mostPerCaller: 10_000, mostPerAddress: 10_000 })
  let ranSinceMessage = 0
  let mostBetweenMessages = 0
  let messages = 0
  let isOver = false
  /** Stands for a push stream: one message each turn of the loop. */
  const push = (): void => {
    messages += 1
    mostBetweenMessages = Math.max(mostBetweenMessages, ranSinceMessage)
    ranSinceMessage = 0
    if (!isOver) setImmediate(push)
  }
  setImmediate(push)
  const results = await Promise.allSettled(
    Array.from({ length: 10_000 }, (_, number) =>
      admission.run(request({ caller: `pod ${number}` }), async () => {
        ranSinceMessage += 1
        // The answer waits for a disk.
        await turnOfTheLoop()
        await turnOfTheLoop()
      }),
    ),
  )
  isOver = true
  const served = results.filter(result => result.status === 'fulfilled').length
  assert.equal(served, 4096)
  results.flatMap(result => (result.status === 'rejected' ? [result.reason] : [])).forEach(isBusy(/more than 4096/))
  assert.ok(messages >= served / mostATurn, `${messages} messages`)
  assert.ok(mostBetweenMessages <= mostATurn, `${mostBetweenMessages} between two messages`)
})
