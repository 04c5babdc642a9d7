/**
 * How roots that others made follow one another without breaking anybody. Not a transaction like the rotation of an own
 * root (the operator's files decide), but in the same order:
 *
 *   new roots into the trust ▸ everybody has it ▸ the new signer signs ▸ leaves are renewed ▸ old roots out of the trust
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { AgentStatus, Agents } from '../agents/agents.ts'
import { distributionProgress, type Population, type Progress, successionProgress } from '../rotation/rotation-lag.ts'
import type { RotationRecords } from '../rotation/rotation-records.ts'
import type { TrustedRoot, TrustStore } from '../trust/trust-state.ts'

export interface RootSuccession {
  /**
   * These are to be trusted, besides those that something alive still leads to. Resolves when they are, with what
   * `isDistributed` wants.
   */
  offer(roots: readonly TrustedRoot[]): Promise<Distribution>
  /** Whether everybody who is there has the trust of that offer: agents by their reports, others by their renewals. */
  isDistributed(offer: Distribution): boolean
  /** Leaves come from this signer, whose root is offered: what is of other roots is renewed. Cheap when it is known. */
  signedBy(signer: OfferedSigner): Promise<void>
  /** Cost: the number of agents and of leaves that have not ended. */
  status(): SuccessionStatus
  stop(): void
}

/** `distributing`: not everybody has the newest roots. `renewing`: something alive leads to a root that is to go. */
export interface SuccessionStatus {
  readonly step: 'settled' | 'distributing' | 'renewing'
  readonly progress: Progress
}

export interface Distribution {
  readonly generation: number
  /** Number of the last issuance that was answered without these roots. */
  readonly lastIssuance: number
}

export interface OfferedSigner {
  readonly rootFingerprint: string
  readonly signerFingerprint: string
}

export interface RootSuccessionOptions {
  readonly trust: TrustStore
  readonly agents: Pick<Agents, 'status' | 'orderRenewal'>
  readonly records: Pick<RotationRecords, 'currentLeaves' | 'lastIssuanceNumber'>
  /** Resolves also when it failed and will be tried again. */
  readonly renewServerCertificate: () => Promise<void>
  /** Fingerprint of the signer of the daemon's own certificate; undefined when it is not from the issuer. */
  readonly serverIssuer: () => string | undefined
  /** Over which agents spread their renewals after a switch. */
  readonly renewalWindowMs: number
  readonly clock: Clock
  readonly log: Log
}

/** Each look costs the number of leaves, and happens only while there is a root to be dropped. */
const lookEveryMs = 10_000

export function createRootSuccession(options: RootSuccessionOptions): RootSuccession {
  const { trust, agents, records, clock, log } = options
  /** The root of each signer, as far as this run of the daemon knows. */
  const rootOf = new Map<string, string>()
  let last: Distribution = { generation: trust.current().generation, lastIssuance: 0 }
  let offered: readonly TrustedRoot[] = []
  /** Each once a stream: a second order would make it sooner. */
  let told: ReadonlySet<string> = new Set()
  let timer: Timer | undefined
  let stopped = false

  const isOffered = (fingerprint: string): boolean => offered.some(root => root.fingerprint === fingerprint)
  const isOfOffered = (signer: string): boolean => isOffered(rootOf.get(signer) ?? '')
  const population = (): Population => ({ agents: agents.status(), leaves: records.currentLeaves(clock.now()) })
  const isSettled = (): boolean => trust.current().roots.every(root => isOffered(root.fingerprint))
  const mayDrop = (): boolean => {
    const own = options.serverIssuer()
    return (
      rootOf.size > 0 &&
      (own === undefined || isOfOffered(own)) &&
      records.currentLeaves(clock.now()).every(leaf => isOfOffered(leaf.issuerFingerprint)) &&
      agents.status().every(({ report }) => isOffered(report.certificate?.rootFingerprint ?? ''))
    )
  }
  /** Of agents that use what is of an old root, also those that come back with it. */
  const orderRenewals = (): void => {
    if (rootOf.size === 0) return
    const rootUsedBy = ({ report }: AgentStatus): string => report.certificate?.rootFingerprint ?? ''
    const due = agents.status().filter(agent => rootUsedBy(agent) !== '' && !isOffered(rootUsedBy(agent)))
    const before = told
    told = new Set(due.map(agent => `${agent.id} ${rootUsedBy(agent)}`))
    for (const rootFingerprint of new Set(due.map(rootUsedBy))) {
      const reason = 'certificates come from another root now'
      agents.orderRenewal(
        { withinMs: options.renewalWindowMs, rootFingerprint, keyFingerprint: '', reason },
        agent => rootUsedBy(agent) === rootFingerprint && !before.has(`${agent.id} ${rootFingerprint}`),
      )
    }
  }
  const dropOld = async (): Promise<void> => {
    if (stopped || isSettled()) return
    orderRenewals()
    if (mayDrop()) {
      log.info({ kept: offered.map(root => root.fingerprint) }, 'nothing leads to the old roots: they are dropped')
      await trust.change(content => ({ ...content, roots: content.roots.filter(root => isOffered(root.fingerprint)) }))
    } else {
      look(lookEveryMs)
    }
  }
  const look = (afterMs: number): void => {
    timer?.cancel()
    if (stopped) return
    timer = clock.after(afterMs, () => {
      dropOld().catch((thrown: unknown) => {
        log.error({ err: errorFrom(thrown) }, 'old roots not dropped')
        look(lookEveryMs)
      })
    })
  }
  return {
    async offer(roots) {
      const before = trust.current().generation
      offered = roots
      const { generation } = await trust.change(content => {
        const known = new Set(content.roots.map(root => root.fingerprint))
        return { ...content, roots: [...content.roots, ...roots.filter(root => !known.has(root.fingerprint))] }
      })
      look(lookEveryMs)
      // An offer without anything new still waits for the one before it.
      if (generation !== before) last = { generation, lastIssuance: records.lastIssuanceNumber() }
      return last
    },
    isDistributed: offer => distributionProgress(offer, population()).laggards.length === 0,
    status() {
      const distribution = distributionProgress(last, population())
      if (distribution.laggards.length > 0) return { step: 'distributing', progress: distribution }
      const progress = successionProgress(population(), { root: isOffered, signer: isOfOffered })
      return { step: isSettled() ? 'settled' : 'renewing', progress }
    },
    async signedBy({ rootFingerprint, signerFingerprint }) {
      if (rootOf.get(signerFingerprint) === rootFingerprint) return
      rootOf.set(signerFingerprint, rootFingerprint)
      const own = options.serverIssuer()
      if (own !== undefined && !isOfOffered(own)) await options.renewServerCertificate()
      look(0)
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
