/**
 * Finds dead connections: a ping now and then, and no byte from the peer within the timeout means that it is gone. Any
 * byte counts, since the answer of a slow reader stands behind the data that it has not read yet.
 */

import type { ServerHttp2Session } from 'node:http2'
import type { Clock, Timer } from '../platform/clock.ts'
import type { GrpcKeepalive } from './server-options.ts'

export interface KeepaliveOptions {
  readonly session: ServerHttp2Session
  readonly clock: Clock
  readonly times: Pick<GrpcKeepalive, 'pingEveryMs' | 'pingTimeoutMs'>
  /** Grows with every byte that the peer sends. */
  readonly bytesRead: () => number
  readonly onDead: () => void
}

export class Keepalive {
  readonly #options: KeepaliveOptions
  #timer: Timer | undefined

  constructor(options: KeepaliveOptions) {
    this.#options = options
  }

  /** `firstDelayMs`: shorter than the interval, so that connections made together are not pinged together. */
  start(firstDelayMs: number): void {
    this.#timer = this.#options.clock.after(firstDelayMs, () => this.#ping())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #ping(): void {
    const { session, clock, times, bytesRead, onDead } = this.#options
    // node:http2 sends no ping on a session that is closing; its end is a matter of the grace, and of TCP keepalive.
    if (session.destroyed || session.closed) return
    const before = bytesRead()
    session.ping(() => undefined)
    this.#timer = clock.after(times.pingTimeoutMs, () => {
      if (bytesRead() === before && !session.closed) onDead()
      else this.start(times.pingEveryMs)
    })
  }
}
