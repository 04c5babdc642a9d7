import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import Sqlite from 'better-sqlite3'
import { decodeOrder, type EventPart, encodeReport } from '../../agent/attend/attend-messages.ts'
import { type CustodyKeeper, createCustodyKeeper } from '../../agent/attend/custody-keeper.ts'
import { FakeClock } from '../../platform/clock.ts'
import { databaseFileName } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import type { Duplex, Frame } from '../../platform/rpc.ts'
import { backUp } from '../backup/backup.ts'
import { restore } from '../backup/restore.ts'
import { newCsr } from '../testing/requests.ts'
import { type CaRig, certifiedPeer, startRig } from '../testing/rig.ts'
import { caMigrations } from '../testing/schema.ts'

const hourMs = 3_600_000

interface TestAgent {
  readonly keeper: CustodyKeeper
  /** What it answers instead of what it keeps. */
  forged: readonly EventPart[] | undefined
  readonly recalls: number[]
  attend(rig: CaRig): void
  leave(): void
}

/** The agent's own messages and files on a stream without a socket. */
function newAgent(t: TestContext, name: string): TestAgent {
  const folder = newFolder(t)
  const [statementFile, eventsFile] = [path.join(folder, 'custody'), path.join(folder, 'revocations.json')]
  const keeper = createCustodyKeeper({ statementFile, eventsFile, log: silentLog })
  let close = (): void => {}
  const agent: TestAgent = {
    keeper,
    forged: undefined,
    recalls: [],
    attend(rig) {
      const peer = certifiedPeer([`spiffe://cluster.local/ns/a/sa/${name}`], rig.clock.now() + hourMs)
      let hear = (_: Uint8Array): void => {}
      const report = (recalled?: EventPart): void =>
        hear(
          encodeReport({
            ...{ nodeId: name, instanceId: name, appliedTrustGeneration: 1, certificate: undefined, version: '1' },
            ...{ checkpoint: undefined, logComplaint: undefined, fault: '', kept: keeper.statement, recalled },
          }),
        )
      const stream: Duplex = {
        peer,
        metadata: {},
        send(frame: Frame) {
          const { custody, recall } = decodeOrder(Buffer.concat(frame).subarray(5))
          if (custody !== undefined) keeper.keep(custody)
          if (recall !== undefined) {
            agent.recalls.push(recall.from)
            for (const part of agent.forged ?? keeper.partsFrom(recall.from)) report(part)
          }
          if (custody !== undefined) report()
          return true
        },
        close: () => close(),
        onMessage(handler) {
          hear = handler
        },
        onHalfClose: () => {},
        onDrain: () => {},
        onClose(handler) {
          close = () => {
            close = () => {}
            handler()
          }
        },
      }
      rig.authority.agents.handle(stream)
      report()
    },
    leave: () => close(),
  }
  return agent
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-custody-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A mesh of agents, a backup of it, an order that was given after that, and what the backup makes of it. */
async function startDrill(t: TestContext, agentNames: readonly string[]) {
  const rig = await startRig()
  t.after(() => rig.close())
  const agents = agentNames.map(name => newAgent(t, name))
  for (const agent of agents) agent.attend(rig)
  const file = path.join(newFolder(t), 'backup')
  return {
    rig,
    agents,
    backUp: () =>
      void backUp({ directory: rig.directory, target: file, contents: 'database-and-key', clock: rig.clock }),
    async revoke(value: string) {
      const identity = `spiffe://cluster.local/ns/a/sa/${value}`
      await rig.authority.revocations.revoke({
        kind: 'identity',
        value: identity,
        reason: 'keyCompromise',
        banUntilMs: undefined,
      })
      rig.clock.advance(0)
      return rig.authority.custody.kept(0)
    },
    async restored(before: (directory: string) => void = () => undefined): Promise<CaRig> {
      for (const agent of agents) agent.leave()
      const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-restored-'))
      const clock = new FakeClock(rig.clock.now())
      await restore({ file, directory, into: 'empty-directory', migrations: caMigrations, clock, log: silentLog })
      before(directory)
      const again = await startRig({}, directory)
      t.after(() => again.close())
      return again
    },
  }
}

/** Reports are followed one after another, with writes between. */
async function settled(rig: CaRig): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await rig.authority.transparency.append({ kind: 'trust', details: { turn: i } })
    rig.clock.advance(1)
  }
}

const orders = (rig: CaRig): readonly string[] => rig.authority.revocations.list().map(({ value }) => value)
const waitsFor = (rig: CaRig): string => rig.authority.custody.recollection()?.waitsFor ?? ''

test('an order is on the disks of the agents that attend, and the report says of how many', async t => {
  const { rig, agents, revoke } = await startDrill(t, ['one', 'two'])
  assert.deepEqual(await revoke('x'), { agents: 2, of: 2 })
  assert.equal(agents[0]?.keeper.partsFrom(1)[0]?.bodies.length, 1)
  agents[0]?.leave()
  assert.deepEqual(await revoke('y'), { agents: 1, of: 1 })
  assert.equal(agents[0]?.keeper.partsFrom(1)[0]?.bodies.length, 1)
  agents[0]?.attend(rig)
  rig.clock.advance(30_000)
  assert.equal(agents[0]?.keeper.partsFrom(1)[0]?.bodies.length, 2)
})

test('what was ordered and lifted after a backup comes back, and issuing opens with the last of the agents', async t => {
  const drill = await startDrill(t, ['one', 'two', 'three'])
  await drill.revoke('before')
  drill.backUp()
  await drill.revoke('after')
  await drill.rig.authority.revocations.lift({ kind: 'identity', value: 'spiffe://cluster.local/ns/a/sa/before' })
  await drill.revoke('later')
  const again = await drill.restored()
  assert.equal(orders(again).length, 1)
  for (const agent of drill.agents.slice(0, 2)) agent.attend(again)
  await settled(again)
  assert.deepEqual(
    again.authority.revocations.list().map(({ value, liftedAtMs }) => [value.slice(31), liftedAtMs === undefined]),
    [
      ['before', false],
      ['after', true],
      ['later', true],
    ],
  )
  assert.match(waitsFor(again), /^2 of the 3 agents that attended last are back$/)
  assert.ok(again.authority.transparency.restorePending !== undefined)
  drill.agents[2]?.attend(again)
  await settled(again)
  assert.equal(again.authority.transparency.restorePending, undefined)
  assert.equal(drill.agents.flatMap(({ recalls }) => recalls).length, 1)
  const csr = await newCsr()
  const peer = certifiedPeer(['spiffe://cluster.local/ns/a/sa/later'], again.clock.now() + hourMs)
  await assert.rejects(again.call({ csr, peer }), { code: 'CA_REVOKED' })
  await again.call({ csr, peer: certifiedPeer(['spiffe://cluster.local/ns/a/sa/before'], again.clock.now() + hourMs) })
  const { faults } = await again.authority.transparency.audit()
  assert.deepEqual(faults, [])
})

test('nothing was ordered after the backup: agents that say so open issuing, also over a restart', async t => {
  const drill = await startDrill(t, ['one', 'two', 'three'])
  await drill.revoke('before')
  drill.backUp()
  drill.rig.clock.advance(30_000)
  drill.rig.authority.transparency.checkpoint()
  drill.rig.clock.advance(0)
  const again = await drill.restored()
  await again.restart()
  for (const agent of drill.agents) agent.attend(again)
  await settled(again)
  assert.equal(again.authority.transparency.restorePending, undefined)
})

test('two agents prove nothing, and a statement from before the backup neither', async t => {
  const few = await startDrill(t, ['one', 'two'])
  few.backUp()
  await few.revoke('after')
  const again = await few.restored()
  for (const agent of few.agents) agent.attend(again)
  await settled(again)
  assert.equal(orders(again).length, 1)
  assert.match(waitsFor(again), /^fewer than 3 agents attended last/)

  const old = await startDrill(t, ['one', 'two', 'three'])
  await old.revoke('x')
  for (const agent of old.agents) agent.leave()
  await old.revoke('unseen')
  old.backUp()
  const later = await old.restored()
  for (const agent of old.agents) agent.attend(later)
  await settled(later)
  assert.match(waitsFor(later), /older than the backup/)
  assert.ok(later.authority.transparency.restorePending !== undefined)
})

test('events that somebody made up are not believed, and another agent is asked', async t => {
  const drill = await startDrill(t, ['liar', 'one', 'two'])
  drill.backUp()
  await drill.revoke('after')
  const again = await drill.restored()
  const [liar, ...honest] = drill.agents
  assert.ok(liar !== undefined)
  const [part] = liar.keeper.partsFrom(1)
  const forged = Buffer.from(String(part?.bodies[0]).replace('sa/after', 'sa/other'))
  liar.forged = [{ first: 1, bodies: [forged] }]
  liar.attend(again)
  await settled(again)
  assert.deepEqual(orders(again), [])
  for (const agent of honest) agent.attend(again)
  await settled(again)
  assert.deepEqual(orders(again), ['spiffe://cluster.local/ns/a/sa/after'])
  assert.equal(again.authority.transparency.restorePending, undefined)
})

test('a statement of another authority is nothing', async t => {
  const drill = await startDrill(t, ['one', 'two', 'three'])
  drill.backUp()
  await drill.revoke('after')
  const other = await startDrill(t, ['one', 'two', 'three'])
  await other.revoke('foreign')
  const again = await drill.restored()
  for (const agent of other.agents) {
    agent.leave()
    agent.attend(again)
  }
  await settled(again)
  assert.match(waitsFor(again), /^no agent that is back keeps a statement/)
})

test('what comes back to an old database that nobody ordered is in force, and only a person opens issuing', async t => {
  const drill = await startDrill(t, ['one', 'two', 'three'])
  drill.backUp()
  await drill.revoke('after')
  const again = await drill.restored(directory => {
    const handle = new Sqlite(path.join(directory, databaseFileName))
    handle.prepare("UPDATE restore_pending SET reason = 'roll-back found by a checkpoint from disk'").run()
    handle.close()
  })
  for (const agent of drill.agents) agent.attend(again)
  await settled(again)
  assert.deepEqual(orders(again), ['spiffe://cluster.local/ns/a/sa/after'])
  assert.match(waitsFor(again), /^nobody ordered a restore/)
})

test('a restore ends join tokens: which of them were used or revoked is not known any more', async t => {
  const drill = await startDrill(t, [])
  const { text } = await drill.rig.authority.createJoinToken({ namespace: 'a', serviceAccount: 'b' })
  drill.backUp()
  const again = await drill.restored()
  await again.authority.transparency.confirmRestore({ evidence: 'management', detail: '' })
  assert.deepEqual(again.authority.joinTokens(), [])
  await assert.rejects(again.call({ csr: await newCsr(), token: text }), { code: 'CA_UNAUTHENTICATED' })
})
