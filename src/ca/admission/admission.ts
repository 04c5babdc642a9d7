/**
 * Bounds the certificate requests in hand, so that thousands at once cost neither memory nor the event loop. A few begin
 * in each turn of the loop, and what they hand to other threads leaves together; who has no certificate, or one that ends
 * soon, goes before who can wait; beyond the bounds callers are told when to come back.
 *
 *   request ─▶ shares of its caller and address ─▶ queue: now │ patient ─▶ a turn of the loop ─▶ task
 */

import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { AdmissionMetrics } from './admission-metrics.ts'
import { createPace } from './pace.ts'
import { createShares, type ShareLimits } from './shares.ts'

export interface Admission {
  /**
   * Whether a request of this kind would find a place now. Throws `CA_BUSY`. Takes nothing, so that who never sends its
   * message holds no place.
   */
  requireRoom(request: Pick<AdmissionRequest, 'address' | 'urgency'>): void
  /**
   * Runs `task` when its turn comes. Rejects with `CA_BUSY`, at once or when somebody more urgent takes the place, or
   * `CA_CANCELLED` when the caller leaves before its turn.
   */
  run<T>(request: AdmissionRequest, task: () => Promise<T>): Promise<T>
  metrics(): AdmissionMetrics
}

export interface AdmissionRequest {
  readonly signal: AbortSignal
  /** Who, proved. */
  readonly caller: string
  /** From where, without the port. */
  readonly address: string
  readonly urgency: Urgency
}

export type Urgency = 'now' | 'patient'

export interface AdmissionLimits extends ShareLimits {
  /** Before their turn. */
  readonly mostWaiting: number
  /** From their turn to their answer: waiting for the disk, or for an authority elsewhere. */
  readonly mostAtOnce: number
}

/**
 * One or two seconds of work: who waits costs 25 KB (bench/ca-herd.ts), who is told to come back nothing. A quarter and a
 * half of the queue for one side: nobody fills it alone, and a large deployment behind one address still starts.
 */
export const defaultAdmissionLimits: AdmissionLimits = {
  mostWaiting: 2048,
  mostAtOnce: 256,
  mostPerCaller: 512,
  mostPerAddress: 1024,
}

export interface AdmissionOptions {
  readonly limits: AdmissionLimits
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
}

/** Tens of microseconds each until another thread has it; others get a turn of the loop between any so many. */
export const mostATurn = 8

const tellEveryMs = 10_000

interface Waiting {
  start(): void
  refuse(error: MeshwrightError): void
}

export function createAdmission({ limits, clock, random, log }: AdmissionOptions): Admission {
  const pace = createPace(clock, random)
  /** Sets, because they keep the order and whoever leaves is gone at once. */
  const waiting: Readonly<Record<Urgency, Set<Waiting>>> = { now: new Set(), patient: new Set() }
  let running = 0
  let isTurnComing = false
  let refused = 0
  let displaced = 0
  let toldAtMs = Number.NEGATIVE_INFINITY

  const countWaiting = (): number => waiting.now.size + waiting.patient.size
  const busy = (reason: string, afterMs?: number): MeshwrightError => {
    refused += 1
    // One line for a whole herd.
    if (clock.monotonicMs() - toldAtMs >= tellEveryMs) {
      toldAtMs = clock.monotonicMs()
      log.warn({ reason, refused, waiting: countWaiting(), running }, 'certificate requests are told to come back')
    }
    const retryAfterMs = Math.ceil(afterMs ?? pace.nextPlace(countWaiting() + running))
    return new MeshwrightError('CA_BUSY', {
      message: `${reason}; try again in ${retryAfterMs} ms`,
      retryAfterMs,
      facts: { waiting: countWaiting(), running },
    })
  }
  const full = (): MeshwrightError => busy(`more than ${limits.mostWaiting} certificate requests are waiting`)
  const shares = createShares({ limits, clock, busy })

  const takeTurn = (): void => {
    isTurnComing = false
    for (let begun = 0; begun < mostATurn && running < limits.mostAtOnce; begun += 1) {
      const [next] = waiting.now.size > 0 ? waiting.now : waiting.patient
      if (next === undefined) return
      running += 1
      next.start()
    }
    callTurn()
  }
  const callTurn = (): void => {
    if (isTurnComing || countWaiting() === 0 || running >= limits.mostAtOnce) return
    isTurnComing = true
    setImmediate(takeTurn)
  }
  const isFullFor = (urgency: Urgency): boolean =>
    countWaiting() >= limits.mostWaiting && (urgency === 'patient' || waiting.patient.size === 0)
  const makeRoom = (urgency: Urgency): void => {
    if (countWaiting() < limits.mostWaiting) return
    const [patient] = waiting.patient
    if (isFullFor(urgency) || patient === undefined) throw full()
    displaced += 1
    patient.refuse(full())
  }
  const turn = ({ signal, urgency }: AdmissionRequest): Promise<void> => {
    if (signal.aborted) throw cancelled()
    makeRoom(urgency)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting[urgency].delete(self)
        signal.removeEventListener('abort', abort)
      }
      const self: Waiting = {
        start() {
          leave()
          resolve()
        },
        refuse(error) {
          leave()
          reject(error)
        },
      }
      const abort = (): void => self.refuse(cancelled())
      signal.addEventListener('abort', abort)
      waiting[urgency].add(self)
      callTurn()
    })
  }

  return {
    requireRoom({ address, urgency }) {
      shares.requireRoom(address)
      if (isFullFor(urgency)) throw full()
    },
    async run(request, task) {
      const giveBack = shares.take(request)
      try {
        await turn(request)
        try {
          return await task()
        } finally {
          running -= 1
          pace.finished(countWaiting())
          callTurn()
        }
      } finally {
        giveBack()
      }
    },
    metrics: () => ({
      meshwright_ca_requests_waiting: countWaiting(),
      meshwright_ca_requests_running: running,
      meshwright_ca_requests_refused_busy_total: refused,
      meshwright_ca_requests_displaced_total: displaced,
    }),
  }
}

function cancelled(): MeshwrightError {
  return new MeshwrightError('CA_CANCELLED', { message: 'the caller went away' })
}
