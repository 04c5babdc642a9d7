/**
 * Bounds the TLS handshakes that are under way. Each costs the main thread some milliseconds; when thousands of clients
 * come at once (a restart of the daemon, a node that comes back) and all are begun, none ends in time. Whoever finds no
 * place is closed before the first byte, and comes back; who has had a place for long without using it loses it.
 */

import type { Socket } from 'node:net'
import type { Clock } from '../platform/clock.ts'

export interface Handshakes {
  /** False: the socket has been closed. True: it has a place until it closes or `done` is called. */
  begin(socket: Socket): boolean
  /** With the socket, or with the one that TLS has made of it. Again does nothing. */
  done(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void
  readonly underWay: number
}

export interface HandshakesOptions {
  readonly most: number
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly onShed: (reason: string, address: string) => void
}

/** A full house of handshakes that are worked on is done in less, even on a machine that does other things. */
export const stalledAfterMs = 5_000

export function createHandshakes({ most, clock, onShed }: HandshakesOptions): Handshakes {
  /** By the peer's address and port; the oldest first. */
  const underWay = new Map<string, { readonly socket: Socket; readonly sinceMs: number }>()

  const hasPlace = (): boolean => {
    if (underWay.size < most) return true
    const [oldest] = underWay
    if (oldest === undefined || clock.monotonicMs() - oldest[1].sinceMs < stalledAfterMs) return false
    const [name, { socket }] = oldest
    underWay.delete(name)
    onShed('its handshake stalls, and others wait', socket.remoteAddress ?? '')
    socket.destroy()
    return true
  }
  return {
    begin(socket) {
      if (!hasPlace()) {
        onShed('too many TLS handshakes at once', socket.remoteAddress ?? '')
        // Not an orderly end, which would leave the port in TIME_WAIT for a minute.
        socket.resetAndDestroy()
        return false
      }
      const name = nameOf(socket)
      underWay.set(name, { socket, sinceMs: clock.monotonicMs() })
      socket.once('close', () => underWay.delete(name))
      return true
    },
    done: socket => void underWay.delete(nameOf(socket)),
    get underWay() {
      return underWay.size
    },
  }
}

function nameOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`
}
