import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentStatus } from '../../ca/agents/agents.ts'
import { FakeClock } from '../../platform/clock.ts'
import { typeUrlFor } from '../../platform/resource-types.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import {
  createEnforcement,
  type Enforcement,
  type EnforcementWait,
  type ProxyEnforcement,
} from './revocation-enforcement.ts'

const [filters, endpoints] = [typeUrlFor('extension-configs'), typeUrlFor('endpoints')]

interface FakeType {
  typeUrl: string
  isUnacked: boolean
  isSettled: boolean
  isRefused: boolean
}

class Mesh {
  readonly clock = new FakeClock()
  readonly sessions = new Map<string, { id: number; types: FakeType[] }>()
  readonly generations = new Map<string, number>()
  readonly enforcement: Enforcement
  #nextId = 1

  constructor(...nodes: readonly string[]) {
    for (const node of nodes) this.connect(node)
    this.enforcement = createEnforcement({
      sessions: () => [...this.sessions.keys()].map(node => this.status(node)),
      agents: () => [...this.generations.keys()].map(node => this.agent(node)),
      clock: this.clock,
    })
  }

  connect(node: string): void {
    const type = (typeUrl: string): FakeType => ({ typeUrl, isUnacked: false, isSettled: true, isRefused: false })
    this.sessions.set(node, { id: this.#nextId++, types: [type(filters), type(endpoints)] })
  }

  type(node: string, typeUrl: string): FakeType {
    return this.sessions.get(node)?.types.find(type => type.typeUrl === typeUrl) ?? assert.fail(`no ${typeUrl}`)
  }

  /** A push of this type to everybody, while an earlier response may still be on its way. */
  push(typeUrl: string): void {
    this.enforcement.pushing()
    for (const node of this.sessions.keys())
      Object.assign(this.type(node, typeUrl), { isUnacked: true, isSettled: false })
    this.enforcement.pushed()
  }

  acknowledge(node: string, typeUrl: string, whatFollows: 'nothing' | 'more' = 'nothing'): void {
    Object.assign(this.type(node, typeUrl), { isUnacked: false, isSettled: whatFollows === 'nothing' })
    this.enforcement.accepted(this.status(node), typeUrl)
  }

  report(node: string, generation: number): void {
    this.generations.set(node, generation)
    this.enforcement.reported(this.agent(node))
  }

  status(node: string): SessionStatus {
    const { id, types } = this.sessions.get(node) ?? assert.fail(`no ${node}`)
    // Of a status only this is read here.
    const facts = { id, node: { id: node, metadata: {} }, peer: {}, types }
    return facts as unknown as SessionStatus
  }

  agent(node: string): AgentStatus {
    const report = { nodeId: node, appliedTrustGeneration: this.generations.get(node) ?? 0, fault: '' }
    return { report } as AgentStatus
  }
}

const wait: EnforcementWait = { trustGeneration: undefined, withinMs: 1000, except: () => false }

/** What each lacks, or undefined while it is still waited for. */
async function outcome(whole: Promise<readonly ProxyEnforcement[]>): Promise<readonly string[] | undefined> {
  let result: readonly string[] | undefined
  void whole.then(proxies => {
    result = proxies.map(({ lacks }) => lacks)
  })
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  return result
}

test('a push is enforced when the last proxy has acknowledged it', async () => {
  const mesh = new Mesh('a', 'b')
  mesh.push(filters)
  const whole = mesh.enforcement.whole(wait)
  mesh.acknowledge('a', filters)
  assert.equal(await outcome(whole), undefined)
  mesh.acknowledge('b', filters)
  assert.deepEqual(await outcome(whole), ['', ''])
})

test('the acknowledgement of a response that was on its way before does not count', async () => {
  const mesh = new Mesh('a')
  Object.assign(mesh.type('a', filters), { isUnacked: true, isSettled: false })
  mesh.push(filters)
  const whole = mesh.enforcement.whole(wait)
  mesh.acknowledge('a', filters, 'more')
  assert.equal(await outcome(whole), undefined)
  mesh.acknowledge('a', filters)
  assert.deepEqual(await outcome(whole), [''])
})

test('a proxy that is sent more and more has the push all the same once it has acknowledged it', async () => {
  const mesh = new Mesh('a')
  mesh.push(filters)
  const whole = mesh.enforcement.whole(wait)
  mesh.acknowledge('a', filters, 'more')
  assert.deepEqual(await outcome(whole), [''])
})

test('every type that was pushed counts', async () => {
  const mesh = new Mesh('a')
  mesh.push(filters)
  mesh.push(endpoints)
  const whole = mesh.enforcement.whole(wait)
  mesh.acknowledge('a', endpoints)
  assert.equal(await outcome(whole), undefined)
  mesh.acknowledge('a', filters)
  assert.deepEqual(await outcome(whole), [''])
})

test('an agent counts by what its Envoy has applied; a proxy without one does not wait for it', async () => {
  const mesh = new Mesh('a', 'b')
  mesh.report('a', 4)
  const whole = mesh.enforcement.whole({ ...wait, trustGeneration: 5 })
  assert.equal(await outcome(whole), undefined)
  mesh.report('a', 5)
  assert.deepEqual(await outcome(whole), ['', ''])
})

test('when the time is over each says what it lacks', async () => {
  const mesh = new Mesh('gone', 'late', 'refusing', 'trusting')
  mesh.report('trusting', 4)
  mesh.push(filters)
  mesh.acknowledge('trusting', filters)
  const whole = mesh.enforcement.whole({ ...wait, trustGeneration: 5 })
  mesh.sessions.delete('gone')
  mesh.type('refusing', filters).isRefused = true
  mesh.clock.advance(1000)
  assert.deepEqual(await outcome(whole), [
    'it is no longer connected',
    'it has not acknowledged extension-configs',
    'it refused extension-configs',
    'its Envoy has not confirmed the revocation list',
  ])
})

test('a proxy that comes back on another stream is asked, because its Envoy may have had all of it', async () => {
  const mesh = new Mesh('a')
  mesh.push(filters)
  const whole = mesh.enforcement.whole(wait)
  mesh.connect('a')
  assert.equal(await outcome(whole), undefined)
  mesh.clock.advance(300)
  assert.deepEqual(await outcome(whole), [''])
})

test('whoever is left out is not waited for', async () => {
  const mesh = new Mesh('a', 'b')
  mesh.push(filters)
  mesh.acknowledge('a', filters)
  const whole = mesh.enforcement.whole({ ...wait, except: ({ node }) => node.id === 'b' })
  assert.deepEqual(await outcome(whole), [''])
})
