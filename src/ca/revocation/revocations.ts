/**
 * What is revoked, in memory and on disk. An order takes effect in this order: the ban (at once, in memory), what was
 * issued before it (found behind a barrier of the writer), disk and log, and then everybody who enforces it (`onChange`).
 *
 *   order ─▶ ban ─▶ live certificates ─▶ disk + log ─▶ handlers: proxies' filters, lists in the trust, open streams
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import { type Bans, createBans, isBanning } from './bans.ts'
import type {
  Revocation,
  RevocationOrder,
  RevocationTarget,
  RevokedCertificate,
  WithdrawnWorkload,
} from './revocation.ts'
import { type ChainHead, encodeEvent, linked, type RevocationEvent } from './revocation-events.ts'
import type { LiveCertificate, RevocationRecords } from './revocation-records.ts'

export interface Revocations extends Bans {
  /** Reads what was stored and forgets what has expired. */
  open(): Promise<void>
  stop(): void
  /** Throws `REVOCATION_UNKNOWN`, `REVOCATION_REFUSED`, `DATABASE_WRITE_FAILED`; then nothing is changed. */
  revoke(order: RevocationOrder): Promise<RevocationOutcome>
  /** Throws `REVOCATION_UNKNOWN` when nothing of that kind is in force. */
  lift(target: RevocationTarget): Promise<LiftOutcome>
  /**
   * Orders that were given before, and are not known any more; what is known is passed over. Resolves with how many were
   * new. `events`: a whole part of the chain.
   */
  adopt(events: readonly RevocationEvent[]): Promise<number>
  /** The oldest first; also lifted ones. */
  list(): readonly Revocation[]
  /** Revoked and not expired. */
  certificates(): Iterable<RevokedCertificate>
  certificate(serialNumber: string): RevokedCertificate | undefined
  /** SPIFFE ids whose ban is in force, sorted. */
  bannedIdentities(): readonly string[]
  withdrawn(): readonly WithdrawnWorkload[]
  /** On disk when it resolves; handlers are called before. */
  withdraw(workloads: readonly WithdrawnWorkload[]): Promise<void>
  reinstate(nodeId: string): Promise<void>
  readonly drainGeneration: number
  drain(): Promise<number>
  /** Called after each change; returns how to stop that. */
  onChange(handler: () => void): () => void
}

export interface RevocationOutcome {
  readonly revocation: Revocation
  /** New with this order; those that were revoked before are not among them. */
  readonly certificates: readonly RevokedCertificate[]
}

export interface LiftOutcome {
  readonly lifted: readonly Revocation[]
  /** Were on hold, and are good again. */
  readonly released: readonly string[]
  /** Stay revoked until they expire. */
  readonly staying: number
}

export interface RevocationsOptions {
  readonly records: RevocationRecords
  readonly transparency: Pick<TransparencyLog, 'append'>
  readonly clock: Clock
  readonly log: Log
  /** Fingerprint of what signs now, which must be replaced before it can be tainted. */
  readonly signerInUse: () => string
}

export function createRevocations(options: RevocationsOptions): Revocations {
  return new Register(options)
}

/** Expired certificates leave the lists within so long; ended bans likewise. */
const sweepEveryMs = 10_000

class Register implements Revocations {
  readonly #options: RevocationsOptions
  readonly #bans: Bans
  readonly #orders = new Map<number, Revocation>()
  readonly #certificates = new Map<string, RevokedCertificate>()
  /** Keys of certificates that were revoked for their compromise. */
  readonly #compromised = new Set<string>()
  readonly #withdrawn = new Map<string, WithdrawnWorkload>()
  readonly #handlers = new Set<() => void>()
  #drainGeneration = 0
  #nextId = 1
  #head: ChainHead = { sequence: 0, hash: Buffer.alloc(0) }
  #timer: Timer | undefined
  /** Orders are carried out one after another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: RevocationsOptions) {
    this.#options = options
    this.#bans = createBans({
      nowMs: () => options.clock.now(),
      inForce: () => this.#orders.values(),
      reasonOf: serialNumber => this.#certificates.get(serialNumber)?.reason,
      isCompromised: key => this.#compromised.has(key),
    })
  }

  get drainGeneration(): number {
    return this.#drainGeneration
  }

  async open(): Promise<void> {
    const { records, clock } = this.#options
    await records.forgetExpiredRevocations(clock.now())
    for (const revocation of records.revocations()) this.#orders.set(revocation.id, revocation)
    for (const certificate of records.revokedCertificates()) this.#add(certificate)
    for (const workload of records.withdrawnWorkloads()) this.#withdrawn.set(workload.nodeId, workload)
    this.#drainGeneration = records.drainGeneration()
    this.#head = records.revocationHead()
    this.#nextId = Math.max(0, ...this.#orders.keys()) + 1
    this.#watch()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  revoke(order: RevocationOrder): Promise<RevocationOutcome> {
    return this.#inTurn(() => this.#revoke(order))
  }

  lift(target: RevocationTarget): Promise<LiftOutcome> {
    return this.#inTurn(() => this.#lift(target))
  }

  adopt(events: readonly RevocationEvent[]): Promise<number> {
    return this.#inTurn(() => this.#adopt(events))
  }

  list(): readonly Revocation[] {
    return [...this.#orders.values()]
  }

  certificates(): Iterable<RevokedCertificate> {
    return this.#certificates.values()
  }

  certificate(serialNumber: string): RevokedCertificate | undefined {
    return this.#certificates.get(serialNumber)
  }

  bannedIdentities(): readonly string[] {
    const nowMs = this.#options.clock.now()
    const banned = this.list().filter(order => order.kind === 'identity' && isBanning(order, nowMs))
    return [...new Set(banned.map(({ value }) => value))].sort()
  }

  withdrawn(): readonly WithdrawnWorkload[] {
    return [...this.#withdrawn.values()]
  }

  async withdraw(workloads: readonly WithdrawnWorkload[]): Promise<void> {
    if (workloads.length === 0) return
    for (const workload of workloads) this.#withdrawn.set(workload.nodeId, workload)
    this.#tell()
    await this.#options.records.saveWithdrawn(workloads)
  }

  async reinstate(nodeId: string): Promise<void> {
    if (!this.#withdrawn.delete(nodeId)) return
    this.#tell()
    await this.#options.records.removeWithdrawn(nodeId)
  }

  async drain(): Promise<number> {
    const generation = this.#drainGeneration + 1
    await this.#options.records.saveDrainGeneration(generation)
    this.#drainGeneration = generation
    this.#tell()
    return generation
  }

  onChange(handler: () => void): () => void {
    this.#handlers.add(handler)
    return () => void this.#handlers.delete(handler)
  }

  requireMayHave(...asked: Parameters<Bans['requireMayHave']>): void {
    this.#bans.requireMayHave(...asked)
  }

  requireMaySign(issuerFingerprint: string): void {
    this.#bans.requireMaySign(issuerFingerprint)
  }

  async #revoke(order: RevocationOrder): Promise<RevocationOutcome> {
    const { records, clock, log } = this.#options
    const nowMs = clock.now()
    this.#requireSense(order, nowMs)
    const revocation: Revocation = { ...order, id: this.#nextId, revokedAtMs: nowMs, liftedAtMs: undefined }
    this.#nextId += 1
    this.#orders.set(revocation.id, revocation)
    try {
      // What passed the gate before the ban is written before the barrier.
      await records.writeBarrier()
      const certificates = this.#taken(revocation, records.liveCertificates(order, nowMs))
      await this.#commit(revocation, certificates, {})
      this.#tell()
      log.warn({ ...order, certificates: certificates.length }, 'revoked')
      return { revocation, certificates }
    } catch (thrown) {
      this.#orders.delete(revocation.id)
      throw thrown
    }
  }

  async #commit(
    revocation: Revocation,
    certificates: readonly RevokedCertificate[],
    details: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { records, transparency } = this.#options
    const { kind: target, value, reason } = revocation
    const links = linked(this.#head, eventsOf(revocation, certificates).map(encodeEvent))
    await transparency.append(
      {
        kind: 'revocation',
        ...subjectOf(revocation),
        details: { target, value, reason, certificates: certificates.length, ...details },
      },
      [...records.statementsForRevocation(revocation, certificates), ...records.statementsForEvents(links)],
    )
    this.#head = links.at(-1) ?? this.#head
    for (const certificate of certificates) this.#add(certificate)
  }

  async #adopt(events: readonly RevocationEvent[]): Promise<number> {
    let adopted = 0
    for (const [at, event] of events.entries()) {
      if (event.event === 'order') adopted += await this.#adoptOrder(event, certificatesBehind(events, at))
      if (event.event !== 'lift') continue
      const lifted = this.list().filter(
        ({ kind, value, liftedAtMs, revokedAtMs }) =>
          kind === event.kind && value === event.value && liftedAtMs === undefined && revokedAtMs <= event.atMs,
      )
      if (lifted.length > 0) await this.#end(lifted)
      adopted += lifted.length
    }
    if (adopted > 0) this.#tell()
    return adopted
  }

  async #adoptOrder(order: OrderEvent, certificates: readonly CertificateEvent[]): Promise<number> {
    const { kind, value, reason, banUntilMs, atMs } = order
    const isKnown = this.list().some(
      one => one.kind === kind && one.value === value && one.reason === reason && one.revokedAtMs === atMs,
    )
    if (isKnown) return 0
    const id = this.#nextId
    this.#nextId += 1
    const revocation: Revocation = { id, kind, value, reason, banUntilMs, revokedAtMs: atMs, liftedAtMs: undefined }
    this.#orders.set(id, revocation)
    try {
      const nowMs = this.#options.clock.now()
      const living = certificates
        .filter(({ notAfterMs }) => notAfterMs > nowMs)
        .map(({ event: _, ...certificate }) => ({ ...certificate, revocationId: id }))
      await this.#commit(revocation, living, { from: 'agents' })
      return 1
    } catch (thrown) {
      this.#orders.delete(id)
      throw thrown
    }
  }

  #requireSense({ kind, value, banUntilMs }: RevocationOrder, nowMs: number): void {
    const { records, signerInUse } = this.#options
    if (banUntilMs !== undefined && banUntilMs <= nowMs) throw refusal('the end of the ban is in the past')
    if (kind === 'issuer' && value === signerInUse()) {
      throw refusal('this signer is in use: everybody would be revoked', 'Replace it first: `meshwright ca rotate`.')
    }
    if (kind === 'issuer' && records.liveCertificates({ kind, value }, 0).length === 0) {
      throw unknown('nothing was issued by a signer of this fingerprint')
    }
    if (kind === 'serial' && records.issuedCertificate(value) === undefined) {
      throw unknown(`no certificate of serial number ${value} was issued here`)
    }
  }

  /** The daemon's own certificates are not checked by lists: it makes itself a new one at each start. */
  #taken(revocation: Revocation, live: readonly LiveCertificate[]): readonly RevokedCertificate[] {
    const { id, kind, reason, revokedAtMs } = revocation
    if (kind === 'serial' && live.some(({ evidence }) => evidence === 'own-server')) {
      throw refusal("this is the daemon's own certificate", 'Restart the daemon: it makes itself a new one.')
    }
    return live
      .filter(({ evidence, serialNumber }) => {
        const before = this.#certificates.get(serialNumber)
        const isFinal = before !== undefined && (before.reason !== 'certificateHold' || reason === 'certificateHold')
        return evidence !== 'own-server' && !isFinal
      })
      .map(({ evidence: _, ...certificate }) => ({ ...certificate, revocationId: id, reason, revokedAtMs }))
  }

  async #lift(target: RevocationTarget): Promise<LiftOutcome> {
    const orders = this.list().filter(
      ({ kind, value, liftedAtMs }) => kind === target.kind && value === target.value && liftedAtMs === undefined,
    )
    if (orders.length === 0) throw unknown(`no revocation of ${target.kind} ${target.value} is in force`)
    return this.#end(orders)
  }

  async #end(orders: readonly Revocation[]): Promise<LiftOutcome> {
    const { records, transparency, clock, log } = this.#options
    const atMs = clock.now()
    const ids = new Set(orders.map(({ id }) => id))
    const concerned = [...this.#certificates.values()].filter(({ revocationId }) => ids.has(revocationId))
    const released = concerned.filter(({ reason }) => reason === 'certificateHold').map(one => one.serialNumber)
    const lifted = orders.map(order => ({ ...order, liftedAtMs: atMs }))
    for (const order of orders) {
      const { kind, value, reason } = order
      const links = linked(this.#head, [encodeEvent({ event: 'lift', kind, value, atMs, released })])
      await transparency.append(
        {
          kind: 'unrevocation',
          ...subjectOf(order),
          details: { target: kind, value, reason, released: released.length },
        },
        [...records.statementsForLift(order.id, { atMs, released }), ...records.statementsForEvents(links)],
      )
      this.#head = links.at(-1) ?? this.#head
    }
    for (const order of lifted) this.#orders.set(order.id, order)
    for (const serialNumber of released) this.#forget(serialNumber)
    this.#tell()
    log.info({ revocations: [...ids], released: released.length }, 'revocation lifted')
    return { lifted, released, staying: concerned.length - released.length }
  }

  #add(certificate: RevokedCertificate): void {
    this.#certificates.set(certificate.serialNumber, certificate)
    if (certificate.reason === 'keyCompromise') this.#compromised.add(certificate.keyFingerprint)
  }

  /** Its workload is back, or its certificate is of no use any more. */
  #forget(serialNumber: string): void {
    this.#certificates.delete(serialNumber)
    for (const workload of this.withdrawn()) {
      if (workload.serialNumber === serialNumber) this.#withdrawn.delete(workload.nodeId)
    }
  }

  #watch(): void {
    this.#timer = this.#options.clock.after(sweepEveryMs, () => {
      this.#inTurn(() => this.#sweep())
        .catch((thrown: unknown) => this.#options.log.error({ err: errorFrom(thrown) }, 'revocations not swept'))
        .finally(() => this.#watch())
    })
  }

  async #sweep(): Promise<void> {
    const { records, clock } = this.#options
    const nowMs = clock.now()
    const ended = this.list().filter(order => order.liftedAtMs === undefined && !isBanning(order, nowMs))
    if (ended.length > 0) await this.#end(ended)
    const expired = [...this.#certificates.values()].filter(({ notAfterMs }) => notAfterMs <= nowMs)
    if (expired.length === 0) return
    await records.forgetExpiredRevocations(nowMs)
    for (const { serialNumber } of expired) this.#forget(serialNumber)
    this.#tell()
  }

  #tell(): void {
    for (const handler of this.#handlers) {
      try {
        handler()
      } catch (thrown) {
        // One follower's fault must not keep the others from what is revoked.
        this.#options.log.error({ err: errorFrom(thrown) }, 'revocations not taken over')
      }
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task)
    this.#last = done.catch(() => undefined)
    return done
  }
}

type OrderEvent = Extract<RevocationEvent, { event: 'order' }>
type CertificateEvent = Extract<RevocationEvent, { event: 'certificate' }>

function eventsOf(
  { kind, value, reason, banUntilMs, revokedAtMs }: Revocation,
  certificates: readonly RevokedCertificate[],
): readonly RevocationEvent[] {
  return [
    { event: 'order', kind, value, reason, banUntilMs, atMs: revokedAtMs },
    ...certificates.map(({ revocationId: _, ...certificate }) => ({ event: 'certificate' as const, ...certificate })),
  ]
}

function certificatesBehind(events: readonly RevocationEvent[], order: number): readonly CertificateEvent[] {
  const following = events.slice(order + 1)
  const end = following.findIndex(({ event }) => event !== 'certificate')
  return (end === -1 ? following : following.slice(0, end)) as readonly CertificateEvent[]
}

function subjectOf({ kind, value }: RevocationTarget): { identity?: string; serialNumber?: string } {
  if (kind === 'identity') return { identity: value }
  return kind === 'serial' ? { serialNumber: value } : {}
}

function refusal(message: string, remedy?: string): MeshwrightError {
  return new MeshwrightError('REVOCATION_REFUSED', { message, ...(remedy === undefined ? {} : { remedy }) })
}

function unknown(message: string): MeshwrightError {
  return new MeshwrightError('REVOCATION_UNKNOWN', {
    message,
    remedy: 'See `meshwright get revocations` and `meshwright ca log`.',
  })
}
