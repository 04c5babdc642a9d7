import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { RenewalOrder } from './attend-messages.ts'
import { createRenewalPlan } from './renewal-plan.ts'

const order = (withinMs: number, rest: Partial<RenewalOrder> = {}): RenewalOrder => ({
  withinMs,
  rootFingerprint: 'old',
  keyFingerprint: '',
  reason: 'test',
  ...rest,
})

function startRig(random = 0.5) {
  const clock = new FakeClock()
  const state = { root: 'old', key: 'k', renewals: 0, fails: false, faults: [] as string[] }
  const plan = createRenewalPlan({
    facts: () => ({ serialNumber: '1', notAfterMs: 0, rootFingerprint: state.root, keyFingerprint: state.key }),
    async renew() {
      state.renewals += 1
      if (state.fails) throw new Error('the daemon is away')
      state.root = 'new'
    },
    onOutcome: fault => state.faults.push(fault),
    clock,
    random: () => random,
    log: silentLog,
  })
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await new Promise(resolve => setImmediate(resolve))
  }
  return { plan, state, advance }
}

test('a renewal comes at a random time within its window', async () => {
  const { plan, state, advance } = startRig(0.25)
  plan.order(order(1000))
  await advance(249)
  assert.equal(state.renewals, 0)
  await advance(1)
  assert.equal(state.renewals, 1)
  assert.deepEqual(state.faults, [''])
})

test('an order that does not concern the certificate in use is not followed', async () => {
  const { plan, state, advance } = startRig()
  plan.order(order(0, { rootFingerprint: 'another' }))
  plan.order(order(0, { keyFingerprint: 'another' }))
  await advance(10_000)
  assert.equal(state.renewals, 0)
  plan.order(order(0, { rootFingerprint: '', keyFingerprint: 'k' }))
  await advance(0)
  assert.equal(state.renewals, 1)
})

test('an order given again does not put it off, and a sooner one brings it forward', async () => {
  const { plan, state, advance } = startRig()
  plan.order(order(1000))
  await advance(400)
  plan.order(order(1000))
  await advance(100)
  assert.equal(state.renewals, 1)
  state.root = 'old'
  plan.order(order(1000))
  plan.order(order(10))
  await advance(5)
  assert.equal(state.renewals, 2)
})

test('a renewal that the schedule was quicker with is not made twice', async () => {
  const { plan, state, advance } = startRig()
  plan.order(order(1000))
  state.root = 'new'
  await advance(1000)
  assert.equal(state.renewals, 0)
})

test('a renewal that fails is said and tried again until it is done', async () => {
  const { plan, state, advance } = startRig()
  state.fails = true
  plan.order(order(0))
  await advance(0)
  assert.equal(state.faults.at(-1), 'not renewed: the daemon is away')
  state.fails = false
  await advance(500)
  assert.equal(state.renewals, 2)
  assert.equal(state.faults.at(-1), '')
  await advance(1_000_000)
  assert.equal(state.renewals, 2)
})
