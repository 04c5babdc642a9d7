import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { FakeClock, systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { loadProtos } from '../../platform/protobuf.ts'
import type { StreamHandlers } from '../daemon/daemon-client.ts'
import { certificateRequest, formatKey, generateKey } from '../identity/certificate-request.ts'
import { type WorkloadCertificate, workloadCertificateFrom } from '../identity/workload-certificate.ts'
import type { Standing } from '../sds/secret-server.ts'
import { createTestAuthority, type TestAuthority } from '../testing/authority.ts'
import { createAttend } from './attend.ts'
import { createCustodyKeeper } from './custody-keeper.ts'
import { createLogWitness } from './log-witness.ts'
import { createTrustKeeper } from './trust-keeper.ts'

const types = loadProtos(['meshwright/agent/v1/agent.proto'])
const reportType = types.lookupType('meshwright.agent.v1.AgentReport')
const orderType = types.lookupType('meshwright.agent.v1.AgentOrder')
const uri = 'spiffe://cluster.local/ns/a/sa/b'

let authority: TestAuthority
let other: TestAuthority
let certificate: WorkloadCertificate
before(async () => {
  authority = await createTestAuthority('mesh')
  other = await createTestAuthority('other')
  certificate = await issue()
})

async function issue(): Promise<WorkloadCertificate> {
  const key = await generateKey('ec-p256')
  const nowMs = systemClock.now()
  const chainPem = await authority.sign(certificateRequest(key, uri))
  return workloadCertificateFrom(
    { keyPem: formatKey(key), chainPem, rootsPem: authority.rootPem, issuedAtMs: nowMs },
    nowMs,
  )
}

async function startRig(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-attend-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = path.join(directory, 'trust.json')
  const clock = new FakeClock()
  const keeper = createTrustKeeper({ file, log: silentLog })
  await keeper.load()
  const witness = createLogWitness({
    checkpointFile: path.join(directory, 'checkpoint'),
    keyFile: path.join(directory, 'log.key'),
    onComplaint: () => undefined,
    log: silentLog,
  })
  const custody = createCustodyKeeper({
    statementFile: path.join(directory, 'custody'),
    eventsFile: path.join(directory, 'revocations.json'),
    log: silentLog,
  })
  const state = {
    standing: 'no' as Standing,
    streams: [] as StreamHandlers[],
    reports: [] as Record<string, unknown>[],
    applied: [] as number[],
    current: certificate,
    renewals: 0,
  }
  const standingListeners: (() => void)[] = []
  const renewedListeners: ((renewed: WorkloadCertificate) => void)[] = []
  const attend = createAttend({
    nodeId: 'node',
    instanceId: 'instance',
    version: '1',
    upstream: {
      open(_path, handlers) {
        state.streams.push(handlers)
        return {
          send: body => void state.reports.push(reportType.toObject(reportType.decode(body), { longs: Number })),
          pause: () => undefined,
          resume: () => undefined,
          cancel: () => undefined,
        }
      },
    },
    keeper,
    witness,
    custody,
    secrets: {
      isInForce: () => state.standing,
      onStanding: listener => void standingListeners.push(listener),
    },
    identity: {
      get current() {
        return state.current
      },
      async renew() {
        state.renewals += 1
        state.current = await issue()
        for (const listener of renewedListeners) listener(state.current)
      },
      onRenewed: listener => void renewedListeners.push(listener),
    },
    applyTrust: () => void state.applied.push(keeper.current(state.current).generation),
    clock,
    random: () => 0.5,
    log: silentLog,
  })
  attend.start()
  return {
    ...state,
    state,
    file,
    clock,
    keeper,
    attend,
    stand(standing: Standing) {
      state.standing = standing
      for (const listener of standingListeners) listener()
    },
    order: (content: Record<string, unknown>) =>
      state.streams.at(-1)?.onMessage(Buffer.from(orderType.encode(orderType.fromObject(content)).finish())),
  }
}

test('trust is on disk and applied when ordered, and reported only once Envoy has acknowledged it', async t => {
  const rig = await startRig(t)
  rig.order({ trust: { generation: 5, rootsPem: authority.rootPem + other.rootPem } })
  assert.deepEqual(rig.state.applied, [5])
  assert.ok(existsSync(rig.file))
  assert.equal(rig.reports.at(-1)?.appliedTrustGeneration, undefined)
  rig.stand('yes')
  assert.equal(rig.reports.at(-1)?.appliedTrustGeneration, 5)
  const facts = rig.reports.at(-1)?.certificate as Record<string, string>
  assert.equal(facts.serialNumber, certificate.serialNumber)
  assert.match(facts.rootFingerprint ?? '', /^[0-9a-f]{64}$/)
})

test('an Envoy that asks for no roots holds none: it counts as current after a moment', async t => {
  const rig = await startRig(t)
  rig.stand('unasked')
  rig.order({ trust: { generation: 5, rootsPem: authority.rootPem } })
  assert.equal(rig.reports.at(-1)?.appliedTrustGeneration, undefined)
  rig.clock.advance(1_000)
  assert.equal(rig.reports.at(-1)?.appliedTrustGeneration, 5)
})

test('trust that cannot be used is a fault, and the one before stays', async t => {
  const rig = await startRig(t)
  rig.stand('yes')
  rig.order({ trust: { generation: 5, rootsPem: authority.rootPem } })
  rig.order({ trust: { generation: 6, rootsPem: 'no certificate' } })
  assert.match(String(rig.reports.at(-1)?.fault), /trust of generation 6 not used/)
  assert.equal(rig.reports.at(-1)?.appliedTrustGeneration, 5)
  assert.equal(rig.keeper.current(certificate).generation, 5)
})

test('what Envoy refused is a fault', async t => {
  const rig = await startRig(t)
  rig.order({ trust: { generation: 5, rootsPem: authority.rootPem } })
  rig.stand('refused')
  assert.equal(rig.reports.at(-1)?.fault, 'Envoy refused the roots')
})

test('a broken stream is opened again after a growing delay, and everything is reported anew', async t => {
  const rig = await startRig(t)
  rig.stand('yes')
  rig.order({ trust: { generation: 5, rootsPem: authority.rootPem } })
  const before = rig.reports.length
  rig.state.streams.at(-1)?.onClose({ code: 'UNAVAILABLE', message: '' })
  rig.clock.advance(200)
  assert.equal(rig.streams.length, 2)
  assert.equal(rig.reports.length, before + 1)
  assert.equal(rig.reports.at(-1)?.nodeId, 'node')
  assert.equal(rig.reports.at(-1)?.appliedTrustGeneration, 5)
  rig.state.streams.at(-1)?.onClose({ code: 'UNAVAILABLE', message: '' })
  rig.clock.advance(399)
  assert.equal(rig.streams.length, 2)
  rig.clock.advance(1)
  assert.equal(rig.streams.length, 3)
})

test('a daemon that does not know the service gives the roots of the certificate their say back', async t => {
  const rig = await startRig(t)
  rig.order({ trust: { generation: 5, rootsPem: other.rootPem } })
  rig.state.streams.at(-1)?.onClose({ code: 'UNIMPLEMENTED', message: '' })
  assert.deepEqual(rig.state.applied, [5, 0])
  assert.equal(rig.keeper.current(certificate).rootsPem, authority.rootPem)
  rig.clock.advance(60_000)
  assert.equal(rig.streams.length, 1)
  rig.clock.advance(240_000)
  assert.equal(rig.streams.length, 2)
})

test('what was ordered before counts no more when an operator’s credential gave a certificate of another authority', async t => {
  const rig = await startRig(t)
  rig.order({ trust: { generation: 5, rootsPem: authority.rootPem } })
  assert.equal(rig.keeper.joined({ rootsPem: authority.rootPem + other.rootPem }), false)
  assert.equal(rig.keeper.current(certificate).generation, 5)
  assert.equal(rig.keeper.joined({ rootsPem: other.rootPem }), true)
  assert.equal(rig.keeper.current({ rootsPem: other.rootPem }).rootsPem, other.rootPem)
})

test('trust is kept over a restart, and a damaged file is as if none were there', async t => {
  const rig = await startRig(t)
  rig.order({
    trust: { generation: 5, rootsPem: other.rootPem, federated: [{ trustDomain: 'x', rootsPem: other.rootPem }] },
  })
  const again = createTrustKeeper({ file: rig.file, log: silentLog })
  await again.load()
  assert.equal(again.current(certificate).generation, 5)
  assert.equal(again.current(certificate).federated[0]?.trustDomain, 'x')
  writeFileSync(rig.file, '{"generation":5}')
  await again.load()
  assert.equal(again.current(certificate).generation, 0)
})

test('an ordered renewal is made, and the new certificate reported when Envoy uses it', async t => {
  const rig = await startRig(t)
  rig.stand('yes')
  rig.stand('no')
  rig.order({ renewal: { withinMs: 1000, reason: 'test' } })
  rig.clock.advance(500)
  while (rig.state.current === certificate) await new Promise(resolve => setImmediate(resolve))
  const reported = () => {
    const facts = rig.reports.at(-1)?.certificate as { serialNumber: string } | undefined
    return facts?.serialNumber
  }
  assert.equal(reported(), certificate.serialNumber)
  rig.stand('yes')
  assert.equal(reported(), rig.state.current.serialNumber)
})

test('the newest checkpoint is reported back as it came, also on the next stream and when the log is shorter later on', async t => {
  const rig = await startRig(t)
  const checkpoint = { origin: 'o', treeSize: 4, rootHash: Buffer.from('h'), signature: Buffer.from('s') }
  rig.order({ checkpoint })
  assert.deepEqual(rig.reports.at(-1)?.checkpoint, checkpoint)
  rig.order({ checkpoint: { ...checkpoint, treeSize: 3 } })
  rig.state.streams.at(-1)?.onClose({ code: 'UNAVAILABLE', message: '' })
  rig.clock.advance(1000)
  assert.deepEqual(rig.reports.at(-1)?.checkpoint, checkpoint)
  const { logComplaint } = rig.reports.at(-1) as { logComplaint?: { kind: string } }
  assert.equal(logComplaint?.kind, 'roll-back')
  const newEpoch = { ...checkpoint, origin: 'o/2', treeSize: 1 }
  rig.order({ checkpoint: newEpoch })
  assert.deepEqual(rig.reports.at(-1)?.checkpoint, newEpoch)
})
