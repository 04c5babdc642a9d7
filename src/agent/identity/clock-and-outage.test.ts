import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs, never, type Rig, spiffeId, token, unavailable, until, withRig } from '../testing/identity-rig.ts'

/** Real crypto work of a renewal that must not happen would be done by then. */
const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 50))

test('a clock that jumps forward past the moment of renewal is noticed within seconds, and the certificate is renewed', () =>
  withRig(async ({ agent, asked, clock, said }) => {
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    clock.advance(4 * hourMs)
    clock.jump(2 * hourMs)
    clock.advance(60_000)
    await until(() => identity.current?.serialNumber !== first.serialNumber)
    assert.equal(asked.length, 2)
    assert.match(said.join(''), /"jumpMs":7200000.*the clock has jumped/)
  }))

test('a clock that jumps forward past the end of the certificate makes the agent show its token again', () =>
  withRig(async ({ agent, asked, clock }) => {
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    clock.jump(11 * hourMs)
    clock.advance(5_000)
    await until(() => identity.current?.serialNumber !== first.serialNumber)
    assert.equal(asked[1]?.request.bearer, token())
  }))

test('a clock that jumps back neither renews at once nor later than it would have', () =>
  withRig(async ({ agent, asked, clock }) => {
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    clock.advance(hourMs)
    clock.jump(-2 * hourMs)
    clock.advance(hourMs)
    await settled()
    assert.equal(asked.length, 1)
    assert.equal(identity.current, first)
    clock.advance(3.5 * hourMs + 5_000)
    await until(() => identity.current !== first)
    assert.equal(asked.length, 2)
  }))

test('a clock that is behind the begin of a new certificate is named with both times, and waited for', () =>
  withRig(async rig => {
    rig.aheadMs = 2 * hourMs
    const { agent, asked, clock, said } = rig
    const beganMs = clock.now()
    let started = false
    const identity = agent({ kind: 'token', text: token() })
    const starting = identity.start(never).then(certificate => {
      started = true
      return certificate
    })
    await until(() => said.length === 1)
    const notBefore = new Date(Math.floor((beganMs + 2 * hourMs - 120_000) / 1000) * 1000).toISOString()
    const { msg } = JSON.parse(said[0] ?? '') as { msg: string }
    assert.equal(
      msg,
      `waiting: the certificate is not valid before ${notBefore}, and this clock says ${new Date(beganMs).toISOString()}`,
    )
    for (let minute = 0; minute < 5; minute++) {
      for (let look = 0; look < 12; look++) {
        clock.advance(5_000)
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    await settled()
    assert.equal(started, false)
    assert.ok(said.length >= 4 && said.length <= 6, `said ${said.length} times in five minutes`)
    clock.jump(2 * hourMs)
    clock.advance(5_000)
    assert.equal((await starting).spiffeId.uri, spiffeId.uri)
    assert.equal(asked.length, 1, 'the certificate that was waited for is the one in use')
  }))

test('a certificate on disk that begins later, by a clock set back since, is waited for without a token', () =>
  withRig(async ({ agent, asked, clock, said }) => {
    const before = agent({ kind: 'token', text: token() })
    const first = await before.start(never)
    before.stop()
    clock.jump(-2 * hourMs)
    const starting = agent({ kind: 'none' }).start(never)
    await until(() => said.some(line => line.includes('is not valid before')))
    clock.jump(2 * hourMs)
    clock.advance(5_000)
    assert.equal((await starting).serialNumber, first.serialNumber)
    assert.equal(asked.length, 1)
  }))

test('an agent that waits for its clock ends when it is told to', () =>
  withRig(async rig => {
    rig.aheadMs = 2 * hourMs
    const controller = new AbortController()
    const starting = rig.agent({ kind: 'token', text: token() }).start(controller.signal)
    await until(() => rig.said.length === 1)
    controller.abort(new Error('told to end'))
    await assert.rejects(starting, /told to end/)
  }))

/** Turns the clock, and lets each try that begins come to its end before it goes on. */
async function pass(forMs: number, { asked, clock }: Pick<Rig, 'asked' | 'clock'>): Promise<readonly number[]> {
  const triedAtMs: number[] = []
  const endMs = clock.now() + forMs
  while (clock.now() < endMs) {
    const { scheduled } = clock
    const due = clock.due
    clock.advance(1_000)
    if (clock.due === due) continue
    const triesBefore = triedAtMs.length
    await until(() => asked.length > triesBefore + 1 && clock.scheduled > scheduled)
    triedAtMs.push(clock.now())
  }
  return triedAtMs
}

test('an issuer that is down for longer than half of a life is asked seldom, and renews when it is back', () =>
  withRig(async rig => {
    const { agent, asked, clock, failures } = rig
    const identity = agent({ kind: 'token', text: token() })
    const first = await identity.start(never)
    failures.push(...Array<unknown>(1_000).fill(unavailable))
    // From 30 % of the life of ten hours to 90 %; the renewal is due at 55 %.
    clock.advance(3 * hourMs)
    const triedAtMs = await pass(6 * hourMs, rig)
    const gaps = triedAtMs.slice(1).map((atMs, index) => atMs - (triedAtMs[index] ?? 0))
    // 3.5 hours of steps of five minutes, and the growing ones before them.
    assert.ok(triedAtMs.length > 40 && triedAtMs.length < 60, `${triedAtMs.length} tries`)
    assert.ok(
      gaps.slice(0, 9).every((gap, index) => gap >= 1_000 * 2 ** (index - 1)),
      `steps of ${gaps} ms`,
    )
    assert.ok(Math.max(...gaps) <= 301_000, `at most five minutes, not ${Math.max(...gaps)} ms`)
    assert.equal(identity.current, first, 'the old one serves')
    failures.length = 0
    clock.advance(301_000)
    await until(() => identity.current !== first)
    assert.equal(asked.length, triedAtMs.length + 2)
  }))
