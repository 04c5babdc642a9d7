import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProtos } from '../../platform/protobuf.ts'
import { decodeOrder, encodeReport } from './attend-messages.ts'

const types = loadProtos(['meshwright/agent/v1/agent.proto'])
const reportType = types.lookupType('meshwright.agent.v1.AgentReport')
const orderType = types.lookupType('meshwright.agent.v1.AgentOrder')
const checkpointType = types.lookupType('meshwright.agent.v1.Checkpoint')

test('a report decodes with the schema to what was reported, numbers beyond 32 bits too', () => {
  const checkpoint = { origin: 'o', treeSize: 5, rootHash: Buffer.from('h'), signature: Buffer.from('s') }
  const logComplaint = { kind: 'fork' as const, message: 'its entries are others' }
  const certificate = {
    serialNumber: '0A',
    notAfterMs: 1_800_000_000_123,
    rootFingerprint: 'aa',
    keyFingerprint: 'bb',
  }
  const told = { nodeId: 'n', instanceId: 'i', appliedTrustGeneration: 2 ** 40, fault: 'why', version: 'v' }
  const recalled = { first: 2 ** 33, bodies: [Buffer.from('one'), Buffer.from('two')] }
  const encoded = encodeReport({
    ...told,
    certificate,
    checkpoint: { ...checkpoint, encoded: Buffer.from(checkpointType.encode(checkpoint).finish()) },
    kept: Buffer.from('statement'),
    recalled,
    logComplaint,
  })
  const decoded = reportType.toObject(reportType.decode(encoded), { longs: Number })
  const kept = { statement: Buffer.from('statement') }
  const parts = { firstSequence: recalled.first, events: recalled.bodies }
  assert.deepEqual(decoded, { ...told, certificate, checkpoint, kept, recalled: parts, logComplaint })
})

test('an empty report says only that the agent keeps what it is given', () => {
  const nothing = {
    nodeId: '',
    instanceId: '',
    appliedTrustGeneration: 0,
    fault: '',
    version: '',
    recalled: undefined,
    logComplaint: undefined,
  }
  const encoded = encodeReport({ ...nothing, certificate: undefined, checkpoint: undefined, kept: Buffer.alloc(0) })
  assert.deepEqual(reportType.toObject(reportType.decode(encoded)), { kept: {} })
})

test('orders of the schema decode, in any combination', () => {
  const federated = [{ trustDomain: 'other', rootsPem: 'theirs' }]
  const trust = { generation: 2 ** 40, rootsPem: 'roots', crlsPem: 'lists', federated }
  const renewal = { withinMs: 600_000, rootFingerprint: 'aa', keyFingerprint: 'bb', reason: 'why' }
  const checkpoint = { origin: 'o', treeSize: 9, rootHash: Buffer.from('h'), signature: Buffer.from('s') }
  const custody = { statement: Buffer.from('s'), firstSequence: 2 ** 33, events: [Buffer.from('e')], replaces: true }
  const proof = { publicKey: Buffer.alloc(32, 1), isProved: true, fromSize: 4, path: [Buffer.alloc(32, 2)] }
  const order = { trust, renewal, checkpoint, custody, recall: { fromSequence: 2 ** 34 }, proof }
  const decoded = decodeOrder(orderType.encode(orderType.fromObject(order)).finish())
  const { firstSequence: first, events: bodies, ...rest } = custody
  assert.deepEqual(decoded.custody, { ...rest, first, bodies })
  assert.deepEqual(decoded.recall, { from: 2 ** 34 })
  assert.deepEqual(decoded.trust, trust)
  assert.deepEqual(decoded.renewal, renewal)
  assert.equal(decoded.checkpoint?.treeSize, 9)
  assert.deepEqual(decoded.checkpoint?.encoded, Buffer.from(checkpointType.encode(checkpoint).finish()))
  assert.deepEqual(decoded.proof, { publicKey: proof.publicKey, path: { fromSize: 4, path: proof.path } })
  assert.deepEqual(decodeOrder(Buffer.alloc(0)), {
    proof: undefined,
    trust: undefined,
    renewal: undefined,
    checkpoint: undefined,
    custody: undefined,
    recall: undefined,
  })
})
