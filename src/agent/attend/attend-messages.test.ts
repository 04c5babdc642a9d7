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
  const certificate = {
    serialNumber: '0A',
    notAfterMs: 1_800_000_000_123,
    rootFingerprint: 'aa',
    keyFingerprint: 'bb',
  }
  const told = { nodeId: 'n', instanceId: 'i', appliedTrustGeneration: 2 ** 40, fault: 'why', version: 'v' }
  const encoded = encodeReport({
    ...told,
    certificate,
    checkpoint: { origin: 'o', treeSize: 5, encoded: Buffer.from(checkpointType.encode(checkpoint).finish()) },
  })
  const decoded = reportType.toObject(reportType.decode(encoded), { longs: Number })
  assert.deepEqual(decoded, { ...told, certificate, checkpoint })
})

test('an empty report is empty', () => {
  const nothing = { nodeId: '', instanceId: '', appliedTrustGeneration: 0, fault: '', version: '' }
  assert.equal(encodeReport({ ...nothing, certificate: undefined, checkpoint: undefined }).length, 0)
})

test('orders of the schema decode, in any combination', () => {
  const federated = [{ trustDomain: 'other', rootsPem: 'theirs' }]
  const trust = { generation: 2 ** 40, rootsPem: 'roots', crlsPem: 'lists', federated }
  const renewal = { withinMs: 600_000, rootFingerprint: 'aa', keyFingerprint: 'bb', reason: 'why' }
  const checkpoint = { origin: 'o', treeSize: 9, rootHash: Buffer.from('h'), signature: Buffer.from('s') }
  const decoded = decodeOrder(orderType.encode(orderType.fromObject({ trust, renewal, checkpoint })).finish())
  assert.deepEqual(decoded.trust, trust)
  assert.deepEqual(decoded.renewal, renewal)
  assert.equal(decoded.checkpoint?.treeSize, 9)
  assert.deepEqual(decoded.checkpoint?.encoded, Buffer.from(checkpointType.encode(checkpoint).finish()))
  assert.deepEqual(decodeOrder(Buffer.alloc(0)), { trust: undefined, renewal: undefined, checkpoint: undefined })
})
