/** Lets Envoy's callers go before it ends: inbound listeners tell them to, and the last connection, or the time, is waited for. */

import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { EnvoyAdmin } from './admin-client.ts'

export interface DrainOptions {
  readonly admin: EnvoyAdmin
  readonly limitMs: number
  /** Stat names of listeners whose connections do not count: admin, health, metrics. */
  readonly ignoredListeners: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

const pollMs = 100

/** Resolves when no connection is left, when the time is over, or when Envoy does not answer. Never rejects. */
export async function drainEnvoy(options: DrainOptions): Promise<void> {
  const { admin, clock, log } = options
  const startedMs = clock.monotonicMs()
  const elapsedMs = (): number => Math.round(clock.monotonicMs() - startedMs)
  try {
    // Outbound listeners stay: the application may need them to finish what it does.
    await admin.post('/drain_listeners?graceful&inboundonly')
    for (;;) {
      const { body } = await admin.get('/stats?filter=%5Elistener%5C..*%5C.downstream_cx_active%24')
      const connections = activeConnections(body, options.ignoredListeners)
      if (connections === 0 || elapsedMs() >= options.limitMs) {
        log.info({ connections, tookMs: elapsedMs() }, 'Envoy drained')
        return
      }
      await new Promise<void>(resolve => clock.after(pollMs, resolve))
    }
  } catch (error) {
    log.warn({ reason: errorFrom(error).message }, 'Envoy not drained')
  }
}

/** `text`: lines such as `listener.127.0.1.1_8080.downstream_cx_active: 3`. */
export function activeConnections(text: string, ignoredListeners: readonly string[]): number {
  let sum = 0
  for (const line of text.split('\n')) {
    const match = /^listener\.(.+)\.downstream_cx_active: (\d+)$/.exec(line)
    const name = match?.[1]
    // Per-thread counts repeat what the listener's own one says.
    if (name === undefined || /\.(worker_\d+|main_thread)$/.test(name) || ignoredListeners.includes(name)) continue
    sum += Number(match?.[2])
  }
  return sum
}
