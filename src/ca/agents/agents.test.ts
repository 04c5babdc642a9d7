import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { loadProtos } from '../../platform/protobuf.ts'
import { type Duplex, type Frame, frameOf, type PeerIdentity, type RpcStatus } from '../../platform/rpc.ts'
import { certifiedPeer, tlsPeer } from '../testing/rig.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { createTrustStore } from '../trust/trust-store.ts'
import { type Agents, createAgents } from './agents.ts'

const types = loadProtos(['meshwright/agent/v1/agent.proto'])
const reportType = types.lookupType('meshwright.agent.v1.AgentReport')
const orderType = types.lookupType('meshwright.agent.v1.AgentOrder')
const identity = 'spiffe://td/ns/a/sa/b'

interface TestStream {
  readonly orders: Record<string, unknown>[]
  closed: RpcStatus | undefined
  isFull: boolean
  report(content: Record<string, unknown> | Uint8Array): void
  drain(): void
  goAway(): void
}

async function startRig() {
  const clock = new FakeClock()
  const saves: TrustState[] = []
  const trust = createTrustStore({
    records: { trust: () => saves.at(-1), saveTrust: async state => void saves.push(state) },
    log: silentLog,
  })
  await trust.open(() => [{ fingerprint: 'a', pem: 'root a\n' }])
  const agents = createAgents({ trust, trustDomain: 'td', clock, log: silentLog })
  agents.follow()
  const peer = certifiedPeer([identity], clock.now() + 1000)
  return { clock, trust, agents, open: (as: PeerIdentity = peer) => openStream(agents, as) }
}

function openStream(agents: Agents, peer: PeerIdentity): TestStream {
  const handlers = { message: (_: Uint8Array) => {}, drain: () => {}, close: () => {} }
  const stream: TestStream = {
    orders: [],
    closed: undefined,
    isFull: false,
    report: content =>
      handlers.message(
        content instanceof Uint8Array ? content : reportType.encode(reportType.fromObject(content)).finish(),
      ),
    drain() {
      stream.isFull = false
      handlers.drain()
    },
    goAway: () => handlers.close(),
  }
  const duplex: Duplex = {
    peer,
    metadata: {},
    send(frame: Frame) {
      const order = orderType.decode(Buffer.concat(frame).subarray(5))
      stream.orders.push(orderType.toObject(order, { longs: Number }))
      return !stream.isFull
    },
    onMessage(handler) {
      handlers.message = handler
    },
    onDrain(handler) {
      handlers.drain = handler
    },
    onHalfClose: () => undefined,
    onClose(handler) {
      handlers.close = handler
    },
    close(status) {
      if (stream.closed !== undefined) return
      stream.closed = status
      handlers.close()
    },
  }
  agents.handle(duplex)
  return stream
}

function codeOf(stream: TestStream): string | undefined {
  return stream.closed?.code
}

function partOf(order: Record<string, unknown> | undefined, name: string): Record<string, unknown> {
  return order?.[name] as Record<string, unknown>
}

test('an agent gets the trust behind its first report, and each newer one', async () => {
  const { trust, open } = await startRig()
  const stream = open()
  assert.deepEqual(stream.orders, [])
  stream.report({ nodeId: 'n', instanceId: 'i' })
  assert.deepEqual(stream.orders, [{ trust: { generation: 1, rootsPem: 'root a\n' } }])
  await trust.change(content => ({
    roots: [...content.roots, { fingerprint: 'b', pem: 'root b\n' }],
    crls: [{ issuerFingerprint: 'a', pem: 'list\n', nextUpdateMs: 1 }],
    federated: [{ trustDomain: 'other', rootsPem: 'theirs\n' }],
  }))
  assert.deepEqual(stream.orders[1], {
    trust: {
      generation: 2,
      rootsPem: 'root a\nroot b\n',
      crlsPem: 'list\n',
      federated: [{ trustDomain: 'other', rootsPem: 'theirs\n' }],
    },
  })
})

test('reports are kept while the agent attends, under the identity that its certificate proves', async () => {
  const { agents, open } = await startRig()
  const heard: (number | undefined)[] = []
  agents.onReport(agent => heard.push(agent?.report.appliedTrustGeneration))
  const stream = open()
  assert.deepEqual(agents.status(), [])
  stream.report({ nodeId: 'n', instanceId: 'i', appliedTrustGeneration: 7, certificate: { serialNumber: 'AB' } })
  const [agent] = agents.status()
  assert.equal(agent?.identity, identity)
  assert.equal(agent?.connectionSerialNumber, '0A')
  assert.equal(agent?.report.appliedTrustGeneration, 7)
  assert.equal(agent?.report.certificate?.serialNumber, 'AB')
  stream.goAway()
  assert.deepEqual(agents.status(), [])
  assert.deepEqual(heard, [7, undefined])
})

test('nobody attends without one valid certificate of a workload of this mesh', async () => {
  const { clock, open } = await startRig()
  const later = clock.now() + 1000
  const peers: PeerIdentity[] = [
    tlsPeer,
    certifiedPeer([], later),
    certifiedPeer([identity, identity], later),
    certifiedPeer(['spiffe://elsewhere/ns/a/sa/b'], later),
    certifiedPeer([identity], clock.now()),
  ]
  for (const peer of peers) assert.equal(open(peer).closed?.code, 'UNAUTHENTICATED')
  assert.ok(open(certifiedPeer(['spiffe://td/x'], later)).closed)
})

test('a slow agent gets the newest trust when its socket drains, not each one in between', async () => {
  const { trust, open } = await startRig()
  const stream = open()
  stream.isFull = true
  stream.report({ nodeId: 'n' })
  for (const name of ['b', 'c', 'd']) {
    await trust.change(content => ({ ...content, roots: [...content.roots, { fingerprint: name, pem: name }] }))
  }
  assert.equal(stream.orders.length, 1)
  stream.drain()
  assert.equal(stream.orders.length, 2)
  assert.equal(partOf(stream.orders[1], 'trust').generation, 4)
})

test('a renewal is ordered of those who are picked, a checkpoint told to all and to those who come later', async () => {
  const { agents, open } = await startRig()
  const [one, other] = [open(), open()]
  one.report({ nodeId: 'one', instanceId: '1' })
  other.report({ nodeId: 'other', instanceId: '2' })
  const renewal = { withinMs: 500, rootFingerprint: 'a', keyFingerprint: '', reason: 'why' }
  assert.equal(
    agents.orderRenewal(renewal, agent => agent.report.nodeId === 'one'),
    1,
  )
  assert.deepEqual(one.orders[1], { renewal: { withinMs: 500, rootFingerprint: 'a', reason: 'why' } })
  assert.equal(other.orders.length, 1)
  const bytes = Buffer.from('x')
  const checkpoint = { origin: 'o', treeSize: 3, rootHash: bytes, signature: bytes }
  agents.announce(() => frameOf(agents.messages.encodeCheckpoint(checkpoint, bytes, undefined)))
  const late = open()
  late.report({ nodeId: 'late', instanceId: '3' })
  for (const stream of [one, other, late]) {
    assert.equal(partOf(stream.orders.at(-1), 'checkpoint').treeSize, 3)
  }
})

test('an agent that connects again replaces itself; another identity cannot replace it', async () => {
  const { clock, agents, open } = await startRig()
  const first = open()
  first.report({ nodeId: 'n', instanceId: 'i' })
  const stranger = open(certifiedPeer(['spiffe://td/ns/a/sa/stranger'], clock.now() + 1000))
  stranger.report({ nodeId: 'n', instanceId: 'i' })
  assert.equal(codeOf(first), undefined)
  const second = open()
  second.report({ nodeId: 'n', instanceId: 'i' })
  assert.equal(codeOf(first), 'ABORTED')
  assert.equal(agents.status().length, 2)
})

test('a report that is too long or no report ends its stream alone', async () => {
  const { open } = await startRig()
  const long = open()
  long.report({ nodeId: 'n'.repeat(20_000) })
  assert.equal(long.closed?.code, 'RESOURCE_EXHAUSTED')
  assert.throws(() => open().report(Buffer.from([0xff])), { code: 'AGENT_REPORT_INVALID' })
})

test('streams can be ended by what their agents are', async () => {
  const { agents, open } = await startRig()
  const stream = open()
  stream.report({ nodeId: 'n' })
  assert.equal(
    agents.disconnect(agent => agent.identity === 'another'),
    0,
  )
  const revoked = { code: 'PERMISSION_DENIED', message: 'revoked' } as const
  assert.equal(
    agents.disconnect(agent => agent.identity === identity, revoked),
    1,
  )
  assert.deepEqual(stream.closed, revoked)
})
