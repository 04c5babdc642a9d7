/**
 * Orders and what ends them on disk: each is an entry of the log, rows of its own, and links of the chain that agents keep,
 * in one transaction.
 */

import type { TransparencyLog } from '../log/transparency-log.ts'
import type { Revocation, RevocationTarget, RevokedCertificate } from './revocation.ts'
import { type ChainHead, encodeEvent, linked, type RevocationEvent } from './revocation-events.ts'
import type { Lift, RevocationRecords } from './revocation-records.ts'

export interface OrderBook {
  /** Reads where the chain is. */
  open(): void
  /** On disk when it resolves. `more`: for the entry of the log. Rejects with `DATABASE_WRITE_FAILED`; then nothing has changed. */
  order(
    revocation: Revocation,
    certificates: readonly RevokedCertificate[],
    more?: Readonly<Record<string, string>>,
  ): Promise<void>
  lift(revocation: Revocation, lift: Lift): Promise<void>
}

export interface OrderBookOptions {
  readonly records: RevocationRecords
  readonly transparency: Pick<TransparencyLog, 'append'>
}

export function createOrderBook({ records, transparency }: OrderBookOptions): OrderBook {
  let head: ChainHead = { sequence: 0, hash: Buffer.alloc(0) }
  return {
    open() {
      head = records.revocationHead()
    },
    async order(revocation, certificates, more = {}) {
      const { kind: target, value, reason } = revocation
      const links = linked(head, eventsOf(revocation, certificates).map(encodeEvent))
      await transparency.append(
        {
          kind: 'revocation',
          ...subjectOf(revocation),
          details: { target, value, reason, certificates: certificates.length, ...more },
        },
        [...records.statementsForRevocation(revocation, certificates), ...records.statementsForEvents(links)],
      )
      head = links.at(-1) ?? head
    },
    async lift(revocation, lift) {
      const { id, kind, value, reason } = revocation
      const { atMs, released } = lift
      const links = linked(head, [encodeEvent({ event: 'lift', kind, value, atMs, released })])
      await transparency.append(
        {
          kind: 'unrevocation',
          ...subjectOf(revocation),
          details: { target: kind, value, reason, released: released.length },
        },
        [...records.statementsForLift(id, lift), ...records.statementsForEvents(links)],
      )
      head = links.at(-1) ?? head
    },
  }
}

function eventsOf(
  { kind, value, reason, banUntilMs, revokedAtMs }: Revocation,
  certificates: readonly RevokedCertificate[],
): readonly RevocationEvent[] {
  return [
    { event: 'order', kind, value, reason, banUntilMs, atMs: revokedAtMs },
    ...certificates.map(({ revocationId: _, ...certificate }) => ({ event: 'certificate' as const, ...certificate })),
  ]
}

function subjectOf({ kind, value }: RevocationTarget): { identity?: string; serialNumber?: string } {
  if (kind === 'identity') return { identity: value }
  return kind === 'serial' ? { serialNumber: value } : {}
}
