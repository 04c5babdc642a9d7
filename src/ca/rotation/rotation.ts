/**
 * The rotation of the root as a transaction. Each step is a row on disk before it has an effect, and its effect can be
 * had twice, so that a daemon that is killed anywhere goes on where it was.
 *
 *   prepared ─everybody trusts both▶ distributed ─▶ switched ─everything is re-issued▶ reissued ─▶ done
 *      └────────────── abort ──────────────┴──── back: the same steps with the roots exchanged ──▶ aborted
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Agents } from '../agents/agents.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import type { Roots } from '../roots.ts'
import type { TrustStore } from '../trust/trust-state.ts'
import { distributionProgress, type Laggard, type Progress, reissueProgress } from './rotation-lag.ts'
import {
  isUnderWay,
  type Rotation,
  type RotationChange,
  type RotationRecords,
  type RotationStep,
} from './rotation-records.ts'

export interface RootRotation {
  /** Goes on with what was under way. */
  start(): void
  /** Resolves when what is being written is on disk. */
  stop(): Promise<void>
  /** Resolves when it is on disk. Throws `CA_ROTATION_REFUSED` when one is under way. */
  begin(order: { readonly windowMs: number }): Promise<RotationStatus>
  /** Goes back to the root that signed before. Throws `CA_ROTATION_REFUSED` when there is none to abort, or in its last step. */
  abort(): Promise<RotationStatus>
  /** Ends the present wait whoever lags. Throws `CA_ROTATION_REFUSED` when nothing waits. */
  force(): Promise<RotationStatus>
  /** Undefined when there never was one. Cost: the number of agents and of leaves that have not ended. */
  status(): RotationStatus | undefined
  /** How many the present wait was last found to wait for. */
  readonly lagging: number
}

export interface RotationStatus {
  readonly rotation: Rotation
  /** Of the present wait; undefined when nothing is waited for. */
  readonly progress: Progress | undefined
}

export interface RotationOptions {
  readonly records: RotationRecords
  readonly roots: Roots
  readonly trust: TrustStore
  readonly agents: Agents
  readonly transparency: Pick<TransparencyLog, 'append'>
  /** A new certificate for the daemon's own servers; resolves also when it failed and will be tried again. */
  readonly renewServerCertificate: () => Promise<void>
  /** Fingerprint of the root that the daemon's own certificate is of. */
  readonly serverIssuer: () => string | undefined
  /** What servers present behind their certificate may have changed. */
  readonly presentAgain: () => void
  /** Other meshes trust this one and have what is new within so long; 0 or absent: there are none. */
  readonly othersLookWithinMs?: number
  readonly clock: Clock
  readonly log: Log
}

/** A report may be milliseconds ahead of the last worker thread of its Envoy. */
const settleMs = 2_000
const tickMs = 1_000
const retryMs = 5_000
/** Reports come in bursts, and each look costs the number of agents and leaves. */
const gatherMs = 200
/** Agents that come when the window is over still do not renew all in the same moment. */
const shortestWindowMs = 2_000

const nobody = { node: '', serialNumber: '' }

function withOneMore({ total, laggards }: Progress, laggard: Laggard): Progress {
  return { total: total + 1, laggards: [...laggards, laggard] }
}

export function createRotation(options: RotationOptions): RootRotation {
  return new Rotating(options)
}

class Rotating implements RootRotation {
  lagging = 0
  readonly #options: RotationOptions
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #last: Promise<unknown> = Promise.resolve()
  #stopped = false
  #unfollow: (() => void) | undefined
  /** When the present wait was first over. */
  #readySinceMs: number | undefined
  /** Streams of agents that have been ordered to renew in the present step. */
  #ordered = new Set<number>()

  constructor(options: RotationOptions) {
    this.#options = options
  }

  start(): void {
    this.#unfollow = this.#options.agents.onReport(() => this.#wake(gatherMs))
    this.#wake(0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unfollow?.()
    this.#timer?.cancel()
    await this.#last.catch(() => undefined)
  }

  begin({ windowMs }: { readonly windowMs: number }): Promise<RotationStatus> {
    return this.#inTurn(async () => {
      if (isUnderWay(this.#rotation())) throw refused('a rotation is under way already')
      const { clock, records, roots } = this.#options
      const { root, crossCertificatePem } = await roots.makeNext()
      const nowMs = clock.now()
      const rotation: Rotation = {
        id: (this.#rotation()?.id ?? 0) + 1,
        step: 'prepared',
        direction: 'forward',
        fromRoot: roots.current.fingerprint,
        toRoot: root.fingerprint,
        crossCertificatePem,
        windowMs,
        startedAtMs: nowMs,
        stepAtMs: nowMs,
        generation: 0,
        lastIssuance: records.lastIssuanceNumber(),
      }
      await this.#commit({ rotation, addedRoot: root, signer: rotation.fromRoot })
      return this.#advanced()
    })
  }

  abort(): Promise<RotationStatus> {
    return this.#inTurn(async () => {
      const rotation = this.#rotation()
      if (!isUnderWay(rotation)) throw refused('there is no rotation to abort')
      if (rotation.direction === 'back') throw refused('the rotation is being aborted already')
      if (rotation.step === 'reissued') throw refused('the old root is being dropped: the last step has no way back')
      const exchanged = { fromRoot: rotation.toRoot, toRoot: rotation.fromRoot, direction: 'back' } as const
      // Before the switch nothing was signed by the new root: it can be dropped at once.
      const step = rotation.step === 'switched' ? 'distributed' : 'reissued'
      await this.#commit({ rotation: { ...rotation, ...exchanged, step, stepAtMs: this.#options.clock.now() } })
      return this.#advanced()
    })
  }

  force(): Promise<RotationStatus> {
    return this.#inTurn(async () => {
      const rotation = this.#rotation()
      const next = isUnderWay(rotation) ? afterWait[rotation.step] : undefined
      if (!isUnderWay(rotation) || next === undefined) throw refused('no rotation waits for anybody')
      const laggards = this.#progress(rotation)?.laggards ?? []
      await this.#advanceTo(rotation, next, { forcedPast: laggards.length })
      return this.#advanced()
    })
  }

  status(): RotationStatus | undefined {
    const rotation = this.#rotation()
    return rotation === undefined ? undefined : { rotation, progress: this.#progress(rotation) }
  }

  #rotation(): Rotation | undefined {
    return this.#options.records.rotation()
  }

  #progress(rotation: Rotation): Progress | undefined {
    const { agents, records, clock } = this.#options
    const population = { agents: agents.status(), leaves: records.currentLeaves(clock.now()) }
    if (rotation.step === 'prepared') return this.#withOthers(rotation, distributionProgress(rotation, population))
    if (rotation.step !== 'switched') return undefined
    const progress = reissueProgress(rotation, population)
    if (this.#options.serverIssuer() === rotation.toRoot) return progress
    return withOneMore(progress, { ...nobody, identity: 'this daemon', reason: 'its own certificate is renewed' })
  }

  /** They report nothing to anybody here, but say when they look again: as often as the published bundle asks for. */
  #withOthers({ stepAtMs }: Rotation, progress: Progress): Progress {
    const dueMs = stepAtMs + (this.#options.othersLookWithinMs ?? 0)
    if (dueMs <= this.#options.clock.now()) return progress
    const reason = `they have until ${new Date(dueMs).toISOString()} to fetch the new root`
    return withOneMore(progress, { ...nobody, identity: 'other trust domains', reason })
  }

  /** One task after another: what an operator asks for never meets a step half done. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task)
    this.#last = done.catch(() => undefined)
    return done
  }

  async #advanced(): Promise<RotationStatus> {
    this.#wake(0)
    const status = this.status()
    if (status === undefined) throw refused('there is no rotation')
    return status
  }

  /** Never later than was said before. */
  #wake(afterMs: number): void {
    const dueMs = this.#options.clock.monotonicMs() + afterMs
    if (this.#stopped || dueMs >= this.#dueMs || !isUnderWay(this.#rotation())) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#options.clock.after(afterMs, () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      void this.#inTurn(() => this.#run())
    })
  }

  async #run(): Promise<void> {
    if (this.#stopped) return
    try {
      let moved = true
      while (moved) moved = await this.#step()
      this.#wake(tickMs)
    } catch (thrown) {
      this.#options.log.error({ err: errorFrom(thrown), retryInMs: retryMs }, 'rotation did not advance')
      this.#wake(retryMs)
    }
  }

  /** Whether something was done, so that the next step may follow at once. */
  async #step(): Promise<boolean> {
    const rotation = this.#rotation()
    if (rotation === undefined) return false
    switch (rotation.step) {
      case 'prepared':
        return this.#distribute(rotation)
      case 'distributed':
        await this.#advanceTo(rotation, 'switched', {}, { signer: rotation.toRoot })
        return true
      case 'switched':
        return this.#reissue(rotation)
      case 'reissued':
        await this.#drop(rotation)
        return false
      case 'done':
      case 'aborted':
        return false
    }
  }

  async #distribute(rotation: Rotation): Promise<boolean> {
    const { trust, roots, records } = this.#options
    const added = roots.made.find(root => root.fingerprint === rotation.toRoot)
    if (added === undefined) throw new MeshwrightError('INTERNAL', { message: 'the new root is not in the database' })
    if (rotation.generation === 0) {
      const { generation } = await trust.change(content =>
        content.roots.some(root => root.fingerprint === added.fingerprint)
          ? content
          : { ...content, roots: [...content.roots, added] },
      )
      // Whatever was issued from now on was answered with both roots.
      const lastIssuance = records.lastIssuanceNumber()
      await this.#commit({ rotation: { ...rotation, generation, lastIssuance } })
      return true
    }
    return this.#waited(rotation, 'distributed')
  }

  async #reissue(rotation: Rotation): Promise<boolean> {
    const { roots, agents, clock, serverIssuer, renewServerCertificate } = this.#options
    if (roots.current.fingerprint !== rotation.toRoot) roots.use(rotation.toRoot)
    if (serverIssuer() !== rotation.toRoot) await renewServerCertificate()
    // A clock that was set back must not make the window longer than was asked for.
    const leftMs = Math.min(rotation.windowMs, rotation.stepAtMs + rotation.windowMs - clock.now())
    const renewal = {
      withinMs: Math.max(leftMs, shortestWindowMs),
      rootFingerprint: rotation.fromRoot,
      keyFingerprint: '',
      reason: 'the root is being rotated',
    }
    for (const { id, report } of agents.status()) {
      if (this.#ordered.has(id) || report.certificate?.rootFingerprint !== rotation.fromRoot) continue
      this.#ordered.add(id)
      agents.orderRenewal(renewal, agent => agent.id === id)
    }
    return this.#waited(rotation, 'reissued')
  }

  async #waited(rotation: Rotation, next: RotationStep): Promise<boolean> {
    const laggards = this.#progress(rotation)?.laggards ?? []
    this.lagging = laggards.length
    const nowMs = this.#options.clock.monotonicMs()
    if (laggards.length > 0) {
      this.#readySinceMs = undefined
      return false
    }
    this.#readySinceMs ??= nowMs
    if (nowMs - this.#readySinceMs < settleMs) return false
    await this.#advanceTo(rotation, next, {})
    return true
  }

  /** The last step: from here on nobody is believed who still chains to the dropped root. */
  async #drop(rotation: Rotation): Promise<void> {
    const { trust, records, roots, clock } = this.#options
    const dropped = roots.made.find(root => root.fingerprint === rotation.fromRoot)
    await trust.change(content => ({
      ...content,
      roots: content.roots.filter(root => root.fingerprint !== rotation.fromRoot),
    }))
    const untilMs = records.lastTokenExpiryMs()
    const isPinned = rotation.direction === 'forward' && dropped !== undefined && untilMs > clock.now()
    await this.#advanceTo(
      rotation,
      rotation.direction === 'forward' ? 'done' : 'aborted',
      {},
      {
        removedRoot: rotation.fromRoot,
        ...(isPinned
          ? {
              retiredRoot: {
                fingerprint: dropped.fingerprint,
                certificatePem: dropped.pem,
                crossCertificatePem: rotation.crossCertificatePem,
                untilMs,
              },
            }
          : {}),
      },
    )
  }

  async #advanceTo(
    rotation: Rotation,
    step: Rotation['step'],
    details: Readonly<Record<string, number>>,
    also: Omit<RotationChange, 'rotation'> = {},
  ): Promise<void> {
    this.#readySinceMs = undefined
    this.lagging = 0
    this.#ordered = new Set()
    const stepAtMs = this.#options.clock.now()
    await this.#commit({ ...also, rotation: { ...rotation, step, stepAtMs } }, details)
  }

  async #commit(
    change: RotationChange & { readonly rotation: Rotation },
    details: Readonly<Record<string, number>> = {},
  ): Promise<void> {
    const { transparency, records, log } = this.#options
    const { id, step, direction, fromRoot, toRoot, generation } = change.rotation
    const facts = { rotation: id, step, direction, fromRoot, toRoot, generation, ...details }
    await transparency.append({ kind: 'rotation', details: facts }, records.statementsFor(change))
    log.info(facts, 'rotation')
    this.#options.presentAgain()
  }
}

/** The steps that wait for others, and what comes when they do no more. */
const afterWait: Readonly<Record<RotationStep, RotationStep | undefined>> = {
  prepared: 'distributed',
  distributed: undefined,
  switched: 'reissued',
  reissued: undefined,
}

function refused(message: string): MeshwrightError {
  return new MeshwrightError('CA_ROTATION_REFUSED', { message, remedy: 'See `meshwright ca status`.' })
}
