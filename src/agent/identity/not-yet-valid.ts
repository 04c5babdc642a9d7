/**
 * A certificate from the future is nobody's fault but this clock's, and a clock is set sooner or later: it is waited for,
 * and said.
 */

import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { pause } from './pause.ts'

export class NotYetValid extends MeshwrightError {
  readonly notBeforeMs: number

  /** `what`: a certificate, as in "the certificate". */
  constructor(what: string, notBeforeMs: number, nowMs: number) {
    const [notBefore, now] = [new Date(notBeforeMs).toISOString(), new Date(nowMs).toISOString()]
    super('AGENT_CERTIFICATE_NOT_YET_VALID', {
      message: `${what} is not valid before ${notBefore}, and this clock says ${now}`,
      remedy: "Set this machine's clock; the agent goes on by itself as soon as the time has come.",
      facts: { notBefore, now },
    })
    this.notBeforeMs = notBeforeMs
  }
}

export interface WaitOptions {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** The clock may be set at any time, which no timer notices. */
const lookAgainMs = 5_000
const sayAgainMs = 60_000

/** What `attempt` makes of the present time, tried again for as long as it throws `NotYetValid`. */
export async function whenValid<T>(
  attempt: (nowMs: number) => Promise<T>,
  { clock, log, signal }: WaitOptions,
): Promise<T> {
  let sayAtMs = clock.monotonicMs()
  for (;;) {
    signal.throwIfAborted()
    try {
      return await attempt(clock.now())
    } catch (thrown) {
      if (!(thrown instanceof NotYetValid)) throw thrown
      const waitMs = Math.max(1, Math.min(lookAgainMs, thrown.notBeforeMs - clock.now()))
      if (clock.monotonicMs() >= sayAtMs) {
        log.warn({ ...thrown.facts, lookAgainMs }, `waiting: ${thrown.message}`)
        sayAtMs = clock.monotonicMs() + sayAgainMs
      }
      await pause(clock, waitMs, signal)
    }
  }
}
