import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import type { AgentStatus, Agents, RenewalOrder } from '../agents/agents.ts'
import { openRoots, type Roots } from '../roots.ts'
import { openSecretSealer } from '../sealed-secrets.ts'
import { sqliteCaStore } from '../store/store-sqlite.ts'
import { caMigrations } from '../testing/schema.ts'
import { createTrustStore, type OwnedTrustStore } from '../trust/trust-store.ts'
import { createRotation, type RootRotation } from './rotation.ts'

interface TestAgent {
  appliedTrustGeneration: number
  rootFingerprint: string
}

interface Rig {
  readonly agents: TestAgent[]
  readonly orders: { readonly id: number; readonly renewal: RenewalOrder }[]
  readonly rotation: RootRotation
  readonly roots: Roots
  readonly trust: OwnedTrustStore
  readonly clock: FakeClock
  /** Counts down with each write; at 0 the process is dead: that write is on disk, and nothing after it happens. */
  writesLeft: number
  readonly isDead: boolean
  restart(): Promise<void>
  /** Turns the clock until `done`, letting what was asked for finish. */
  turn(done: () => boolean, mostSteps?: number): Promise<void>
}

async function startRig(t: TestContext): Promise<Rig> {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-rotation-'))
  const clock = new FakeClock()
  const agents: TestAgent[] = []
  const orders: Rig['orders'] = []
  let database: Database
  let parts: { rotation: RootRotation; roots: Roots; trust: OwnedTrustStore }
  let writesLeft = Number.POSITIVE_INFINITY

  const killable = async <T>(write: () => Promise<T>): Promise<T> => {
    if (writesLeft <= 0) throw new Error('the process is dead')
    const result = await write()
    writesLeft -= 1
    if (writesLeft <= 0) throw new Error('the process is killed')
    return result
  }
  const open = async (): Promise<void> => {
    database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
    const store = sqliteCaStore(database)
    const sealer = openSecretSealer(directory, store.roots().length === 0 ? 'first-start' : 'existing')
    const roots = await openRoots({ store, sealer, clock, log: silentLog, trustDomain: 'td' })
    const trust = createTrustStore({
      records: { trust: () => store.trust(), saveTrust: state => killable(() => store.saveTrust(state)) },
      log: silentLog,
    })
    writesLeft += 1
    await trust.open(() => roots.made)
    let serverIssuer = roots.current.fingerprint
    const rotation = createRotation({
      records: store,
      roots,
      trust,
      agents: {
        status: () => agents.map(statusOf),
        onReport: () => () => undefined,
        orderRenewal(renewal, which) {
          for (const agent of agents.map(statusOf).filter(which)) orders.push({ id: agent.id, renewal })
          return 1
        },
      } as Partial<Agents> as Agents,
      transparency: {
        async append(_content, statements = []) {
          await killable(() => database.write(statements))
          return { index: 0 }
        },
      },
      renewServerCertificate: async () => {
        serverIssuer = roots.current.fingerprint
      },
      serverIssuer: () => serverIssuer,
      presentAgain: () => undefined,
      clock,
      log: silentLog,
    })
    parts = { rotation, roots, trust }
    rotation.start()
  }
  const close = async (): Promise<void> => {
    await parts.rotation.stop()
    await database.close()
  }
  await open()
  writesLeft = Number.POSITIVE_INFINITY
  t.after(async () => {
    await close()
    rmSync(directory, { recursive: true })
  })
  return {
    agents,
    orders,
    clock,
    get rotation() {
      return parts.rotation
    },
    get roots() {
      return parts.roots
    },
    get trust() {
      return parts.trust
    },
    get writesLeft() {
      return writesLeft
    },
    set writesLeft(count) {
      writesLeft = count
    },
    get isDead() {
      return writesLeft <= 0
    },
    async restart() {
      await close()
      writesLeft = Number.POSITIVE_INFINITY
      await open()
    },
    async turn(done, mostSteps = 5_000) {
      for (let step = 0; step < mostSteps && !done(); step += 1) {
        clock.advance(500)
        // A write takes a turn of its worker.
        for (let i = 0; i < 20; i += 1) await new Promise(resolve => setImmediate(resolve))
        await new Promise(resolve => setTimeout(resolve, 2))
      }
      assert.ok(done(), `not reached; at ${JSON.stringify(parts.rotation.status())}`)
    },
  }
}

function statusOf(agent: TestAgent, index: number): AgentStatus {
  return {
    id: index + 1,
    identity: 'spiffe://td/ns/a/sa/b',
    address: '192.0.2.1:1',
    connectionSerialNumber: `0${index}`,
    connectedAtMs: 0,
    reportedAtMs: 0,
    report: {
      nodeId: `node-${index}`,
      instanceId: 'i',
      appliedTrustGeneration: agent.appliedTrustGeneration,
      certificate: {
        serialNumber: `0${index}`,
        notAfterMs: 0,
        rootFingerprint: agent.rootFingerprint,
        keyFingerprint: '',
      },
      checkpoint: undefined,
      kept: undefined,
      recalled: undefined,
      logComplaint: undefined,
      fault: '',
      version: '',
    },
  }
}

const stepOf = (rig: Rig): string | undefined => rig.rotation.status()?.rotation.step
const trusted = (rig: Rig): readonly string[] => rig.trust.current().roots.map(root => root.fingerprint)

test('each step waits for the agents: first for their Envoys to trust both roots, then for their certificates', async t => {
  const rig = await startRig(t)
  const oldRoot = rig.roots.current.fingerprint
  const agent: TestAgent = { appliedTrustGeneration: 1, rootFingerprint: oldRoot }
  rig.agents.push(agent)
  await rig.rotation.begin({ windowMs: 60_000 })
  await rig.turn(() => trusted(rig).length === 2)
  await assert.rejects(rig.turn(() => stepOf(rig) === 'switched', 20))
  assert.match(rig.rotation.status()?.progress?.laggards[0]?.reason ?? '', /has not acknowledged trust of generation 2/)
  assert.equal(rig.roots.current.fingerprint, oldRoot)

  agent.appliedTrustGeneration = rig.trust.current().generation
  await rig.turn(() => stepOf(rig) === 'switched')
  const newRoot = rig.rotation.status()?.rotation.toRoot ?? ''
  await rig.turn(() => rig.orders.length > 0)
  assert.equal(rig.roots.current.fingerprint, newRoot)
  await assert.rejects(rig.turn(() => stepOf(rig) === 'done', 20))
  assert.equal(rig.orders.length, 1)
  assert.equal(rig.orders[0]?.renewal.rootFingerprint, oldRoot)
  assert.ok((rig.orders[0]?.renewal.withinMs ?? 0) > 50_000)
  assert.deepEqual(trusted(rig), [oldRoot, newRoot])

  agent.rootFingerprint = newRoot
  await rig.turn(() => stepOf(rig) === 'done')
  assert.deepEqual(trusted(rig), [newRoot])
  assert.deepEqual(
    rig.roots.made.map(root => root.fingerprint),
    [newRoot],
  )
})

test('the last step refuses while an agent still uses the old root, unless it is forced', async t => {
  const rig = await startRig(t)
  rig.agents.push({ appliedTrustGeneration: 99, rootFingerprint: rig.roots.current.fingerprint })
  await rig.rotation.begin({ windowMs: 0 })
  await rig.turn(() => stepOf(rig) === 'switched')
  await assert.rejects(rig.turn(() => stepOf(rig) === 'done', 20))
  await rig.rotation.force()
  await rig.turn(() => stepOf(rig) === 'done')
  await assert.rejects(rig.rotation.force(), { code: 'CA_ROTATION_REFUSED' })
})

test('an abort before the switch drops the new root; after it, certificates come back to the old root first', async t => {
  const rig = await startRig(t)
  const oldRoot = rig.roots.current.fingerprint
  const agent: TestAgent = { appliedTrustGeneration: 1, rootFingerprint: oldRoot }
  rig.agents.push(agent)
  await rig.rotation.begin({ windowMs: 0 })
  await rig.turn(() => trusted(rig).length === 2)
  await rig.rotation.abort()
  await rig.turn(() => stepOf(rig) === 'aborted')
  assert.deepEqual(trusted(rig), [oldRoot])
  await assert.rejects(rig.rotation.abort(), { code: 'CA_ROTATION_REFUSED' })

  agent.appliedTrustGeneration = 99
  await rig.rotation.begin({ windowMs: 0 })
  await rig.turn(() => stepOf(rig) === 'switched')
  agent.rootFingerprint = rig.rotation.status()?.rotation.toRoot ?? ''
  await rig.rotation.abort()
  await assert.rejects(rig.rotation.abort(), { code: 'CA_ROTATION_REFUSED' })
  await rig.turn(() => rig.roots.current.fingerprint === oldRoot)
  await assert.rejects(rig.turn(() => stepOf(rig) === 'aborted', 20))
  assert.equal(rig.orders.at(-1)?.renewal.rootFingerprint, agent.rootFingerprint)
  agent.rootFingerprint = oldRoot
  await rig.turn(() => stepOf(rig) === 'aborted')
  assert.deepEqual(trusted(rig), [oldRoot])
  assert.deepEqual(
    rig.roots.made.map(root => root.fingerprint),
    [oldRoot],
  )
})

test('one rotation at a time', async t => {
  const rig = await startRig(t)
  await rig.rotation.begin({ windowMs: 0 })
  await assert.rejects(rig.rotation.begin({ windowMs: 0 }), { code: 'CA_ROTATION_REFUSED' })
})

for (const direction of ['done', 'aborted'] as const) {
  test(`a process that dies behind any write goes on where it was, until the rotation is ${direction}`, async t => {
    let deaths = 0
    for (let nth = 1; ; nth += 1) {
      const rig = await startRig(t)
      const oldRoot = rig.roots.current.fingerprint
      rig.writesLeft = nth
      const survive = async (): Promise<void> => {
        if (!rig.isDead) return
        deaths += 1
        await rig.restart()
      }
      await rig.rotation.begin({ windowMs: 0 }).catch(() => undefined)
      if (direction === 'aborted') {
        await rig.turn(() => rig.isDead || stepOf(rig) === 'switched')
        await survive()
        await rig.turn(() => rig.isDead || stepOf(rig) === 'switched')
        await rig.rotation.abort().catch(() => undefined)
        await survive()
        // A switch can be read from the disk before the process learns that it has died behind it: then nothing was asked.
        if (rig.rotation.status()?.rotation.direction === 'forward') await rig.rotation.abort()
      }
      await rig.turn(() => rig.isDead || stepOf(rig) === direction)
      await survive()
      await rig.turn(() => stepOf(rig) === direction)
      const left = direction === 'done' ? rig.rotation.status()?.rotation.toRoot : oldRoot
      assert.deepEqual(trusted(rig), [left], `killed behind write ${nth}`)
      assert.equal(rig.roots.current.fingerprint, left, `killed behind write ${nth}`)
      if (deaths < nth) break
    }
    assert.ok(deaths >= 6, `${deaths} deaths`)
  })
}
