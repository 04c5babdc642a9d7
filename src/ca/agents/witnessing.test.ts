import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProtos } from '../../platform/protobuf.ts'
import type { Frame } from '../../platform/rpc.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import { parseVerifierKey } from '../../platform/transparency/checkpoint-note.ts'
import { isConsistent } from '../../platform/transparency/proofs.ts'
import { startLogRig } from '../testing/log-rig.ts'
import { agentMessages } from './agent-messages.ts'
import type { AgentReport, AgentStatus } from './agents.ts'
import { witnessByAgents } from './witnessing.ts'

const orderType = loadProtos(['meshwright/agent/v1/agent.proto']).lookupType('meshwright.agent.v1.AgentOrder')

function agent(id: number, parts: Partial<AgentReport>): AgentStatus {
  const absent = { certificate: undefined, checkpoint: undefined, kept: undefined, recalled: undefined }
  const report = { nodeId: `n${id}`, instanceId: '', appliedTrustGeneration: 0, fault: '', version: '' }
  return {
    ...{ id, identity: 'spiffe://td/ns/a/sa/b', address: '', connectionSerialNumber: '' },
    ...{ connectedAtMs: 0, reportedAtMs: 0 },
    report: { ...report, ...absent, logComplaint: undefined, ...parts },
  }
}

async function startRig() {
  const log = await startLogRig()
  const told: { frameFor?: (agent: AgentStatus) => Frame; hear?: (agent: AgentStatus | undefined) => void } = {}
  const messages = agentMessages()
  const end = witnessByAgents(
    {
      messages,
      announce: frameFor => {
        told.frameFor = frameFor
      },
      onReport: handler => {
        told.hear = handler
        return () => undefined
      },
      status: () => [],
    },
    log.log,
  )
  return {
    log: log.log,
    issue: log.issue,
    hear: (one: AgentStatus | undefined) => told.hear?.(one),
    orderFor(one: AgentStatus) {
      const frame = told.frameFor?.(one)
      assert.ok(frame)
      const order = orderType.toObject(orderType.decode(Buffer.concat(frame).subarray(5)), { longs: Number })
      return order as { checkpoint: Checkpoint; proof: { publicKey: Buffer; isProved?: true; path?: Buffer[] } }
    },
    async close() {
      end()
      await log.close()
    },
  }
}

test('each agent gets the key and the proof from what it has seen to the newest checkpoint', async t => {
  const rig = await startRig()
  t.after(() => rig.close())
  await rig.issue(5)
  const seen = rig.log.checkpoint()
  await rig.issue(9)
  rig.log.checkpoint()
  const { checkpoint, proof } = rig.orderFor(agent(1, { checkpoint: seen }))
  assert.equal(checkpoint.treeSize, 14)
  assert.deepEqual(Buffer.from(proof.publicKey), parseVerifierKey(rig.log.verifierKey()).publicKey)
  const path = (proof.path ?? []).map(hash => Buffer.from(hash))
  assert.ok(isConsistent({ fromSize: 5, treeSize: 14, path }, seen.rootHash, Buffer.from(checkpoint.rootHash)))
  assert.equal(rig.orderFor(agent(2, {})).proof.isProved, true)
  // Longer than the log is: there is nothing to prove.
  assert.equal(rig.orderFor(agent(3, { checkpoint: { ...seen, treeSize: 15 } })).proof.isProved, undefined)
})

test('what an agent complains of is one alarm, that closes nothing', async t => {
  const rig = await startRig()
  t.after(() => rig.close())
  await rig.issue(3)
  const logComplaint = { kind: 'bad-signature', message: 'not signed' }
  const complaining = agent(1, { logComplaint, checkpoint: rig.log.checkpoint() })
  rig.hear(complaining)
  rig.hear(complaining)
  rig.hear(agent(2, { logComplaint: { kind: 'nonsense', message: '' } }))
  const [alarm, ...more] = rig.log.status().alarms
  assert.equal(alarm?.kind, 'bad-signature')
  assert.equal(alarm?.from, 'spiffe://td/ns/a/sa/b n1')
  assert.deepEqual(more, [])
  assert.equal(rig.log.restorePending, undefined)
})

test('a complaint of what the agent’s checkpoint shows is no second alarm', async t => {
  const rig = await startRig()
  t.after(() => rig.close())
  await rig.issue(3)
  const checkpoint = { ...rig.log.checkpoint(), signature: Buffer.alloc(64) }
  rig.hear(agent(1, { checkpoint }))
  rig.hear(agent(1, { checkpoint, logComplaint: { kind: 'foreign', message: 'another key' } }))
  assert.deepEqual(
    rig.log.status().alarms.map(({ kind }) => kind),
    ['foreign'],
  )
})
