/**
 * Which proxies enforce what is revoked: each that has acknowledged what was pushed last, and whose agent, if it has one,
 * says that its Envoy has the trust of that generation. Knows streams and agents, and not what was revoked.
 */

import type { AgentStatus } from '../../ca/agents/agents.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import { resourceTypes, shortTypeOf, typeUrlFor } from '../../platform/resource-types.ts'
import type { SessionStatus } from '../../xds/session-status.ts'

export interface Enforcement {
  /** Right before a commit whose push is to be waited for, and right behind the flush that sends it. */
  pushing(): void
  pushed(): void
  /** To be told of each acknowledgement, and of each report of an agent. */
  accepted(session: SessionStatus, typeUrl: string): void
  reported(agent: AgentStatus | undefined): void
  /** Resolves when every proxy that is connected now has what the wait is for, or its time is over, with how each stands then. */
  whole(wait: EnforcementWait): Promise<readonly ProxyEnforcement[]>
}

export interface EnforcementWait {
  /** Undefined: whatever trust. */
  readonly trustGeneration: number | undefined
  readonly withinMs: number
  /** Those that are left out, such as the revoked themselves. */
  readonly except: (session: SessionStatus) => boolean
}

export interface ProxyEnforcement {
  readonly node: string
  readonly identity: string
  /** Its Envoy gets lists of revoked certificates from an agent of ours. */
  readonly agent: 'attends' | 'none'
  /** What is missing, in words; '' when all is enforced. */
  readonly lacks: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface EnforcementOptions {
  readonly sessions: () => Iterable<SessionStatus>
  readonly agents: () => readonly AgentStatus[]
  readonly clock: Clock
}

/** What a revocation is told by; listeners only when connections are drained. */
const watched = new Set(resourceTypes.filter(type => type !== 'secrets').map(typeUrlFor))

/** Streams that have begun since the push acknowledge nothing, when their Envoy had all of it: they are asked. */
const askEveryMs = 250

interface Waiter {
  readonly wait: EnforcementWait
  readonly expected: ReadonlyMap<string, SessionStatus>
  readonly pending: Set<string>
  readonly resolve: () => void
}

export function createEnforcement(options: EnforcementOptions): Enforcement {
  return new Tracker(options)
}

class Tracker implements Enforcement {
  readonly #options: EnforcementOptions
  /** By session: acknowledgements that are still to come, by type. Sessions without an entry have all. */
  readonly #due = new Map<number, Map<string, number>>()
  readonly #waiters = new Set<Waiter>()
  /** By node id, of agents that attend; kept only while somebody waits. */
  readonly #generations = new Map<string, number>()
  #unacked = new Map<number, ReadonlySet<string>>()

  constructor(options: EnforcementOptions) {
    this.#options = options
  }

  pushing(): void {
    this.#unacked = new Map()
    for (const { id, types } of this.#options.sessions()) {
      this.#unacked.set(id, new Set(types.filter(type => type.isUnacked).map(type => type.typeUrl)))
    }
  }

  pushed(): void {
    this.#due.clear()
    for (const { id, types } of this.#options.sessions()) {
      const due = new Map<string, number>()
      for (const { typeUrl, isSettled } of types) {
        // The response that was on its way before does not have what was pushed.
        if (watched.has(typeUrl) && !isSettled) due.set(typeUrl, this.#unacked.get(id)?.has(typeUrl) === true ? 2 : 1)
      }
      if (due.size > 0) this.#due.set(id, due)
    }
    this.#unacked.clear()
  }

  accepted(session: SessionStatus, typeUrl: string): void {
    const { id, node } = session
    const due = this.#due.get(id)
    const left = due?.get(typeUrl)
    if (due === undefined || left === undefined) return
    const isSettled = session.types.find(type => type.typeUrl === typeUrl)?.isSettled === true
    // Has all, or has the push already, however much has followed it.
    if (isSettled || left === 1) due.delete(typeUrl)
    else due.set(typeUrl, left - 1)
    if (due.size > 0) return
    this.#due.delete(id)
    this.#look(node.id)
  }

  reported(agent: AgentStatus | undefined): void {
    if (agent === undefined || this.#waiters.size === 0) return
    this.#generations.set(agent.report.nodeId, agent.report.appliedTrustGeneration)
    this.#look(agent.report.nodeId)
  }

  async whole(wait: EnforcementWait): Promise<readonly ProxyEnforcement[]> {
    const expected = new Map<string, SessionStatus>()
    for (const session of this.#options.sessions()) if (!wait.except(session)) expected.set(session.node.id, session)
    const lacking = this.#lacking(wait, expected)
    if (lacking.size > 0) await this.#wait(wait, expected, new Set(lacking.keys()))
    const left = this.#lacking(wait, expected)
    const agents = new Set(this.#options.agents().map(({ report }) => report.nodeId))
    return [...expected.values()]
      .map(({ node, peer }) => ({
        node: node.id,
        identity: peer.certificate?.uris[0] ?? '',
        agent: agents.has(node.id) ? ('attends' as const) : ('none' as const),
        lacks: left.get(node.id) ?? '',
        metadata: node.metadata,
      }))
      .sort((a, b) => (a.node < b.node ? -1 : 1))
  }

  #wait(wait: EnforcementWait, expected: Waiter['expected'], pending: Set<string>): Promise<void> {
    const { clock, agents } = this.#options
    for (const { report } of agents()) this.#generations.set(report.nodeId, report.appliedTrustGeneration)
    return new Promise(resolve => {
      let asking: Timer
      const waiter: Waiter = {
        wait,
        expected,
        pending,
        resolve: () => {
          this.#waiters.delete(waiter)
          if (this.#waiters.size === 0) this.#generations.clear()
          ending.cancel()
          asking.cancel()
          resolve()
        },
      }
      const ask = (): void => {
        const lacking = this.#lacking(wait, expected)
        for (const node of pending) if (!lacking.has(node)) pending.delete(node)
        if (pending.size === 0) waiter.resolve()
        else asking = clock.after(askEveryMs, ask)
      }
      const ending = clock.after(wait.withinMs, () => waiter.resolve())
      asking = clock.after(askEveryMs, ask)
      this.#waiters.add(waiter)
    })
  }

  /** A node that has got further. Cost: the number of waits, because it is called for every acknowledgement. */
  #look(node: string): void {
    for (const waiter of this.#waiters) {
      const expected = waiter.expected.get(node)
      if (expected === undefined || !waiter.pending.has(node)) continue
      if (this.#due.has(expected.id) || !this.#isTrusting(node, waiter.wait)) continue
      waiter.pending.delete(node)
      if (waiter.pending.size === 0) waiter.resolve()
    }
  }

  #isTrusting(node: string, { trustGeneration }: EnforcementWait): boolean {
    const generation = this.#generations.get(node)
    return trustGeneration === undefined || generation === undefined || generation >= trustGeneration
  }

  /** What each lacks that does not have everything. */
  #lacking({ trustGeneration }: EnforcementWait, expected: Waiter['expected']): Map<string, string> {
    const lacking = new Map<string, string>()
    const current = new Map<string, SessionStatus>()
    for (const session of this.#options.sessions())
      if (expected.has(session.node.id)) current.set(session.node.id, session)
    for (const node of expected.keys()) {
      const session = current.get(node)
      const lacks = session === undefined ? 'it is no longer connected' : this.#lacks(session, expected.get(node)?.id)
      if (lacks !== '') lacking.set(node, lacks)
    }
    if (trustGeneration === undefined) return lacking
    for (const { report } of this.#options.agents()) {
      if (!expected.has(report.nodeId) || report.appliedTrustGeneration >= trustGeneration) continue
      const fault = report.fault === '' ? '' : `: ${report.fault}`
      lacking.set(report.nodeId, `its Envoy has not confirmed the revocation list${fault}`)
    }
    return lacking
  }

  #lacks({ id, types }: SessionStatus, expectedId: number | undefined): string {
    const refused = types.find(({ typeUrl, isRefused }) => watched.has(typeUrl) && isRefused)
    if (refused !== undefined) return `it refused ${shortTypeOf(refused.typeUrl)}`
    // A stream that began after the push is sent all there is, unless its Envoy says to have it.
    const due = id === expectedId ? [...(this.#due.get(id)?.keys() ?? [])] : unsettled(types)
    return due.length === 0 ? '' : `it has not acknowledged ${due.map(shortTypeOf).join(', ')}`
  }
}

function unsettled(types: SessionStatus['types']): readonly string[] {
  const open = types
    .filter(({ typeUrl, isSettled }) => watched.has(typeUrl) && !isSettled)
    .map(({ typeUrl }) => typeUrl)
  return types.length === 0 ? [typeUrlFor('clusters')] : open
}
