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
import { createInForce } from './in-force.ts'
import { createOrderBook, type OrderBook } from './order-book.ts'
import { isSameOrder, livingOf, type RecalledOrder, recalledOrders, revocationFrom } from './recalled-orders.ts'
import type {
  Revocation,
  RevocationOrder,
  RevocationTarget,
  RevokedCertificate,
  WithdrawnWorkload,
} from './revocation.ts'
import type { RevocationEvent } from './revocation-events.ts'
import type { LiveCertificate, RevocationRecords } from './revocation-records.ts'
import type { LiftOutcome, RevocationOutcome, Revocations } from './revocations.ts'

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
  readonly #inForce = createInForce()
  readonly #book: OrderBook
  readonly #handlers = new Set<() => void>()
  #drainGeneration = 0
  #timer: Timer | undefined
  /** Orders are carried out one after another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: RevocationsOptions) {
    this.#options = options
    this.#book = createOrderBook(options)
    this.#bans = createBans({
      nowMs: () => options.clock.now(),
      inForce: () => this.#inForce.orders.values(),
      reasonOf: serialNumber => this.#inForce.certificates.get(serialNumber)?.reason,
      isCompromised: this.#inForce.isCompromised,
    })
  }

  get drainGeneration(): number {
    return this.#drainGeneration
  }

  async open(): Promise<void> {
    const { records, clock } = this.#options
    await records.forgetExpiredRevocations(clock.now())
    this.#inForce.load(records)
    this.#drainGeneration = records.drainGeneration()
    this.#book.open()
    this.#watch()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  revoke(order: RevocationOrder): Promise<RevocationOutcome> {
    return this.#inTurn(() => this.#revoke(order))
  }

  lift(target: RevocationTarget): Promise<LiftOutcome> {
    return this.#inTurn(async () => {
      const orders = this.#inForce.ordersFor(target)
      if (orders.length === 0) throw unknown(`no revocation of ${target.kind} ${target.value} is in force`)
      return this.#end(orders)
    })
  }

  adopt(events: readonly RevocationEvent[]): Promise<number> {
    return this.#inTurn(() => this.#adopt(events))
  }

  list(): readonly Revocation[] {
    return [...this.#inForce.orders.values()]
  }

  certificates(): Iterable<RevokedCertificate> {
    return this.#inForce.certificates.values()
  }

  certificate(serialNumber: string): RevokedCertificate | undefined {
    return this.#inForce.certificates.get(serialNumber)
  }

  bannedIdentities(): readonly string[] {
    return this.#inForce.bannedIdentities(this.#options.clock.now())
  }

  withdrawn(): readonly WithdrawnWorkload[] {
    return [...this.#inForce.withdrawn.values()]
  }

  async withdraw(workloads: readonly WithdrawnWorkload[]): Promise<void> {
    if (workloads.length === 0) return
    for (const workload of workloads) this.#inForce.withdrawn.set(workload.nodeId, workload)
    this.#tell()
    await this.#options.records.saveWithdrawn(workloads)
  }

  async reinstate(nodeId: string): Promise<void> {
    if (!this.#inForce.withdrawn.delete(nodeId)) return
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
    const revocation: Revocation = {
      ...order,
      id: this.#inForce.nextId(),
      revokedAtMs: nowMs,
      liftedAtMs: undefined,
    }
    const certificates = await this.#bannedWhile(revocation, async () => {
      // What passed the gate before the ban is written before the barrier.
      await records.writeBarrier()
      const taken = this.#taken(revocation, records.liveCertificates(order, nowMs))
      await this.#book.order(revocation, taken)
      return taken
    })
    this.#tell()
    log.warn({ ...order, certificates: certificates.length }, 'revoked')
    return { revocation, certificates }
  }

  /** The ban holds at once, and for good when `task` resolves with the certificates that the order took. */
  async #bannedWhile(
    revocation: Revocation,
    task: () => Promise<readonly RevokedCertificate[]>,
  ): Promise<readonly RevokedCertificate[]> {
    this.#inForce.orders.set(revocation.id, revocation)
    try {
      const certificates = await task()
      for (const certificate of certificates) this.#inForce.add(certificate)
      return certificates
    } catch (thrown) {
      this.#inForce.orders.delete(revocation.id)
      throw thrown
    }
  }

  async #adopt(events: readonly RevocationEvent[]): Promise<number> {
    let adopted = 0
    for (const recalled of recalledOrders(events)) adopted += await this.#adoptOne(recalled)
    if (adopted > 0) this.#tell()
    return adopted
  }

  async #adoptOne(recalled: RecalledOrder): Promise<number> {
    if (recalled.kind === 'lift') {
      const { lift } = recalled
      const lifted = this.#inForce.ordersFor(lift).filter(({ revokedAtMs }) => revokedAtMs <= lift.atMs)
      if (lifted.length > 0) await this.#end(lifted)
      return lifted.length
    }
    const { order, certificates } = recalled
    if (this.list().some(known => isSameOrder(known, order))) return 0
    const revocation = revocationFrom(order, this.#inForce.nextId())
    await this.#bannedWhile(revocation, async () => {
      const living = livingOf(certificates, revocation.id, this.#options.clock.now())
      await this.#book.order(revocation, living, { from: 'agents' })
      return living
    })
    return 1
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
        const before = this.#inForce.certificates.get(serialNumber)
        const isFinal = before !== undefined && (before.reason !== 'certificateHold' || reason === 'certificateHold')
        return evidence !== 'own-server' && !isFinal
      })
      .map(({ evidence: _, ...certificate }) => ({ ...certificate, revocationId: id, reason, revokedAtMs }))
  }

  async #end(orders: readonly Revocation[]): Promise<LiftOutcome> {
    const { clock, log } = this.#options
    const atMs = clock.now()
    const ids = new Set(orders.map(({ id }) => id))
    const concerned = [...this.#inForce.certificates.values()].filter(({ revocationId }) => ids.has(revocationId))
    const released = concerned.filter(({ reason }) => reason === 'certificateHold').map(one => one.serialNumber)
    const lifted = orders.map(order => ({ ...order, liftedAtMs: atMs }))
    for (const order of orders) await this.#book.lift(order, { atMs, released })
    for (const order of lifted) this.#inForce.orders.set(order.id, order)
    for (const serialNumber of released) this.#inForce.forget(serialNumber)
    this.#tell()
    log.info({ revocations: [...ids], released: released.length }, 'revocation lifted')
    return { lifted, released, staying: concerned.length - released.length }
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
    const expired = [...this.#inForce.certificates.values()].filter(({ notAfterMs }) => notAfterMs <= nowMs)
    if (expired.length === 0) return
    await records.forgetExpiredRevocations(nowMs)
    for (const { serialNumber } of expired) this.#inForce.forget(serialNumber)
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

function refusal(message: string, remedy?: string): MeshwrightError {
  return new MeshwrightError('REVOCATION_REFUSED', { message, ...(remedy === undefined ? {} : { remedy }) })
}

function unknown(message: string): MeshwrightError {
  return new MeshwrightError('REVOCATION_UNKNOWN', {
    message,
    remedy: 'See `meshwright get revocations` and `meshwright ca log`.',
  })
}
