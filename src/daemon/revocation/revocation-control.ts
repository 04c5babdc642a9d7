/**
 * Revocation in the daemon: what the authority has revoked becomes what proxies are told, in the order in which it closes
 * doors soonest. Only where the next step needs it, the one before is waited for.
 *
 *   ban, disk ─▶ filters, marked servers pushed ─▶ own streams cut ─▶ lists in the trust ─▶ acknowledged by all ─┐
 *                          └▶ marks acknowledged ─▶ marked servers removed ─▶ acknowledged by all ──────────────┴▶ revoked
 */

import { isDeepStrictEqual } from 'node:util'
import type { AgentStatus } from '../../ca/agents/agents.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'
import type { RevocationOrder, RevocationTarget } from '../../ca/revocation/revocation.ts'
import type { LiftOutcome } from '../../ca/revocation/revocations.ts'
import type { RevocationSources, RevokedPeers, RevokedServer } from '../../discovery/revocation.ts'
import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { PeerIdentity } from '../../platform/rpc.ts'
import type { AdsServer } from '../../xds/ads-server.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { Enforcement, ProxyEnforcement } from './revocation-enforcement.ts'
import { certificatesInUse, type RevokedHolders, workloadOf } from './revoked-holders.ts'

export interface RevocationControl {
  /** Follows the authority from now on; what was revoked in earlier runs is told to proxies. */
  start(): void
  stop(): void
  revoke(order: RevocationOrder, wish: RevocationWish): Promise<RevocationResult>
  lift(target: RevocationTarget, withinMs: number): Promise<LiftResult>
  /** What was revoked before a restore is known again. */
  recalled(): Promise<void>
  /** A stream has begun: its workload may be back with another certificate. */
  connected(session: SessionStatus): void
}

export interface RevocationWish {
  readonly withinMs: number
  readonly silentConnections: 'drained' | 'left'
}

export interface RevocationResult {
  readonly id: number
  readonly certificates: readonly string[]
  readonly connectionsCut: number
  readonly proxies: readonly ProxyEnforcement[]
}

export interface LiftResult {
  readonly outcome: LiftOutcome
  readonly proxies: readonly ProxyEnforcement[]
}

export interface RevocationControlOptions {
  readonly ca: Pick<CertificateAuthority, 'revocations' | 'lists' | 'trust' | 'agents'>
  readonly ads: Pick<AdsServer, 'sessions' | 'disconnect'>
  readonly sources: RevocationSources
  readonly enforcement: Enforcement
  /** Runs an edit in one commit and pushes what comes of it. */
  readonly commit: (edit: () => void) => void
  /** Cuts connections to the daemon. */
  readonly endConnections: (which: (peer: PeerIdentity) => boolean, reason: string) => number
  readonly clock: Clock
  readonly log: Log
}

/** A client that does not confirm the mark within so long does not keep a revoked server in the lists of all others. */
const markWithinMs = 300
/** An agent that is there reports within that time of its proxy's stream. */
const agentReportsWithinMs = 2_000

export function createRevocationControl(options: RevocationControlOptions): RevocationControl {
  return new Control(options)
}

/** All that the sources hold. */
interface Told {
  readonly peers: RevokedPeers | undefined
  readonly servers: ReadonlyMap<string, RevokedServer>
  readonly drain: number | undefined
}

class Control implements RevocationControl {
  readonly #options: RevocationControlOptions
  /** Nodes that need no mark any more. */
  readonly #removed = new Set<string>()
  #told: Told = { peers: undefined, servers: new Map(), drain: undefined }
  #unfollow: readonly (() => void)[] = []

  constructor(options: RevocationControlOptions) {
    this.#options = options
  }

  start(): void {
    const { revocations, agents } = this.#options.ca
    for (const { nodeId } of revocations.withdrawn()) this.#removed.add(nodeId)
    this.#tell()
    this.#unfollow = [revocations.onChange(() => this.#tell()), agents.onReport(agent => this.#heard(agent))]
  }

  stop(): void {
    for (const unfollow of this.#unfollow) unfollow()
  }

  async revoke(order: RevocationOrder, wish: RevocationWish): Promise<RevocationResult> {
    const { ca, clock } = this.#options
    const endMs = clock.monotonicMs() + wish.withinMs
    // Proxies are told by the time this returns (`#tell`).
    const { revocation, certificates } = await ca.revocations.revoke(order)
    const connectionsCut = this.#cut()
    const drained = wish.silentConnections === 'drained' ? ca.revocations.drain() : undefined
    await Promise.all([ca.lists.publish(), drained, this.#removeMarked(endMs)])
    return {
      id: revocation.id,
      certificates: certificates.map(({ serialNumber }) => serialNumber),
      connectionsCut,
      proxies: await this.#enforced(endMs),
    }
  }

  async lift(target: RevocationTarget, withinMs: number): Promise<LiftResult> {
    const { ca, clock } = this.#options
    const endMs = clock.monotonicMs() + withinMs
    const outcome = await ca.revocations.lift(target)
    await ca.lists.publish()
    return { outcome, proxies: await this.#enforced(endMs) }
  }

  async recalled(): Promise<void> {
    this.#cut()
    const endMs = this.#options.clock.monotonicMs() + markWithinMs
    await Promise.all([this.#options.ca.lists.publish(), this.#removeMarked(endMs)])
  }

  connected(session: SessionStatus): void {
    const { ca, clock } = this.#options
    const { id } = session.node
    if (!this.#told.servers.has(id) || this.#isRevoked(session)) return
    // Where there is an agent, its report of what its Envoy uses counts.
    clock.after(agentReportsWithinMs, () => {
      if (!ca.agents.status().some(({ report }) => report.nodeId === id)) this.#reinstate(id)
    })
  }

  /** The workload is back when its Envoy uses a certificate that is not revoked. */
  #heard(agent: AgentStatus | undefined): void {
    const serialNumber = agent?.report.certificate?.serialNumber
    if (agent === undefined || serialNumber === undefined || !this.#told.servers.has(agent.report.nodeId)) return
    if (this.#options.ca.revocations.certificate(serialNumber) === undefined) this.#reinstate(agent.report.nodeId)
  }

  #reinstate(nodeId: string): void {
    const { ca, log } = this.#options
    this.#removed.delete(nodeId)
    log.info({ node: nodeId }, 'workload is back with another certificate')
    ca.revocations.reinstate(nodeId).catch((thrown: unknown) => {
      log.error({ err: errorFrom(thrown), node: nodeId }, 'workload not reinstated on disk')
    })
  }

  /** Puts into the sources what is revoked now, in one commit, and pushes it. */
  #tell(): void {
    const { ca, sources, enforcement, commit, log } = this.#options
    const certificates = [...ca.revocations.certificates()]
    const fresh = this.#freshHolders()
    const told: Told = {
      peers: peersOf(
        certificates.map(({ digest }) => digest),
        ca.revocations.bannedIdentities(),
      ),
      servers: this.#serversOf([...ca.revocations.withdrawn(), ...fresh]),
      drain: ca.revocations.drainGeneration === 0 ? undefined : ca.revocations.drainGeneration,
    }
    if (isDeepStrictEqual(told, this.#told)) return
    const before = this.#told
    this.#told = told
    for (const node of this.#removed) if (!told.servers.has(node)) this.#removed.delete(node)
    enforcement.pushing()
    commit(() => {
      if (told.peers === undefined) sources.peers.remove('mesh')
      else sources.peers.put('mesh', told.peers)
      for (const node of before.servers.keys()) if (!told.servers.has(node)) sources.servers.remove(node)
      for (const [node, server] of told.servers) sources.servers.put(node, server)
      if (told.drain !== undefined) sources.drain.put('mesh', told.drain)
    })
    enforcement.pushed()
    if (fresh.length === 0) return
    ca.revocations.withdraw(fresh).catch((thrown: unknown) => {
      log.error({ err: errorFrom(thrown) }, 'withdrawn workloads not written')
    })
  }

  /** Workloads that use a revoked certificate and have not been withdrawn yet. */
  #freshHolders(): RevokedHolders {
    const { ca, ads } = this.#options
    const known = new Set(ca.revocations.withdrawn().map(({ nodeId }) => nodeId))
    const inUse = certificatesInUse(ca.agents.status())
    return [...ads.sessions()].flatMap(session => {
      const serialNumber = inUse.get(session.node.id) ?? session.peer.certificate?.serialNumber
      if (serialNumber === undefined || known.has(session.node.id)) return []
      if (ca.revocations.certificate(serialNumber) === undefined) return []
      return workloadOf(session, serialNumber)
    })
  }

  #serversOf(workloads: RevokedHolders): ReadonlyMap<string, RevokedServer> {
    const { ca } = this.#options
    const digest = (serialNumber: string): string => ca.revocations.certificate(serialNumber)?.digest ?? ''
    return new Map(
      workloads.map(({ nodeId, serialNumber, namespace, serviceAccount, addresses }) => [
        nodeId,
        {
          namespace,
          serviceAccount,
          addresses,
          digests: [digest(serialNumber)],
          stage: this.#removed.has(nodeId) ? 'removed' : 'marked',
          drain: ca.revocations.drainGeneration,
        },
      ]),
    )
  }

  /** Marks go first and alone: an endpoint that has gone is told nothing any more. */
  async #removeMarked(endMs: number): Promise<void> {
    const marked = [...this.#told.servers].filter(([, { stage }]) => stage === 'marked').map(([node]) => node)
    if (marked.length === 0) return
    const withinMs = Math.min(markWithinMs, this.#leftMs(endMs))
    await this.#options.enforcement.whole({ trustGeneration: undefined, withinMs, except: this.#isExcepted() })
    for (const node of marked) this.#removed.add(node)
    this.#tell()
  }

  #enforced(endMs: number): Promise<readonly ProxyEnforcement[]> {
    const { ca, enforcement } = this.#options
    const byLists = ca.lists.coverage().kind !== 'filters-only'
    return enforcement.whole({
      trustGeneration: byLists ? ca.trust.current().generation : undefined,
      withinMs: this.#leftMs(endMs),
      except: this.#isExcepted(),
    })
  }

  /** Ends everything that revoked workloads have open here. */
  #cut(): number {
    const { ca, ads, endConnections } = this.#options
    const status = { code: 'PERMISSION_DENIED', message: 'the certificate is revoked' } as const
    const isRevoked = this.#isExcepted()
    const nodes = new Set([...ads.sessions()].filter(isRevoked).map(({ node }) => node.id))
    ads.disconnect(({ node }) => nodes.has(node.id), status)
    ca.agents.disconnect(
      ({ report, connectionSerialNumber }) =>
        nodes.has(report.nodeId) || ca.revocations.certificate(connectionSerialNumber) !== undefined,
      status,
    )
    return endConnections(
      ({ certificate }) =>
        certificate !== undefined && ca.revocations.certificate(certificate.serialNumber) !== undefined,
      status.message,
    )
  }

  #isExcepted(): (session: SessionStatus) => boolean {
    const { ca } = this.#options
    const inUse = certificatesInUse(ca.agents.status())
    return session => {
      const reported = inUse.get(session.node.id)
      return this.#isRevoked(session) || (reported !== undefined && ca.revocations.certificate(reported) !== undefined)
    }
  }

  #isRevoked({ peer }: SessionStatus): boolean {
    const serialNumber = peer.certificate?.serialNumber
    return serialNumber !== undefined && this.#options.ca.revocations.certificate(serialNumber) !== undefined
  }

  #leftMs(endMs: number): number {
    return Math.max(0, endMs - this.#options.clock.monotonicMs())
  }
}

function peersOf(digests: readonly string[], identities: readonly string[]): RevokedPeers | undefined {
  if (digests.length === 0 && identities.length === 0) return undefined
  return { digests: [...digests].sort(), identities }
}
