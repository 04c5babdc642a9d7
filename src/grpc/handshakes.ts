/**
 * Bounds the TLS handshakes that are under way. Each costs the main thread some milliseconds; when thousands of clients
 * come at once (a restart of the daemon, a node that comes back) and all are begun, none ends in time. Whoever finds no
 * place is closed before the first byte, and comes back; who has had a place for long without using it loses it; and an
 * address that has more than its share, which it may while nobody else wants them, loses its oldest to other addresses.
 */

import type { Socket } from 'node:net'
import { addressSide } from '../platform/address-side.ts'
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
  /** So many an address keeps when others want places. */
  readonly sharePerAddress: number
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly onShed: (reason: string, address: string) => void
}

/** A full house of handshakes that are worked on is done in less, even on a machine that does other things. */
export const stalledAfterMs = 5_000

interface UnderWay {
  readonly socket: Socket
  readonly side: string
  readonly sinceMs: number
}

export function createHandshakes({ most, sharePerAddress, clock, onShed }: HandshakesOptions): Handshakes {
  /** By the peer's address and port; the oldest first. */
  const underWay = new Map<string, UnderWay>()

  const dismiss = ([name, { socket }]: readonly [string, UnderWay], reason: string): void => {
    underWay.delete(name)
    onShed(reason, socket.remoteAddress ?? '')
    socket.destroy()
  }
  const hasPlaceFor = (side: string): boolean => {
    const [oldest] = underWay
    if (underWay.size < most || oldest === undefined) return true
    if (clock.monotonicMs() - oldest[1].sinceMs >= stalledAfterMs) {
      dismiss(oldest, 'its handshake stalls, and others wait')
      return true
    }
    const greedy = oldestBeyondShare(underWay, side, sharePerAddress)
    if (greedy !== undefined) dismiss(greedy, 'its address has more than its share of handshakes, and others wait')
    return greedy !== undefined
  }
  return {
    begin(socket) {
      const side = addressSide(socket.remoteAddress ?? '')
      if (!hasPlaceFor(side)) {
        onShed('too many TLS handshakes at once', socket.remoteAddress ?? '')
        // Not an orderly end, which would leave the port in TIME_WAIT for a minute.
        socket.resetAndDestroy()
        return false
      }
      const name = nameOf(socket)
      underWay.set(name, { socket, side, sinceMs: clock.monotonicMs() })
      socket.once('close', () => underWay.delete(name))
      return true
    },
    done: socket => void underWay.delete(nameOf(socket)),
    get underWay() {
      return underWay.size
    },
  }
}

/** Of the side that has the most, if that is beyond its share and `side` is within its own. */
function oldestBeyondShare(
  underWay: ReadonlyMap<string, UnderWay>,
  side: string,
  share: number,
): readonly [string, UnderWay] | undefined {
  const bySide = Map.groupBy(underWay, ([, one]) => one.side)
  if ((bySide.get(side)?.length ?? 0) >= share) return undefined
  const [most] = [...bySide.values()].toSorted((a, b) => b.length - a.length)
  return most !== undefined && most.length > share ? most[0] : undefined
}

function nameOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`
}
