/** A part of the chain that came back, as orders with the certificates that they took, and what ended orders. Pure. */

import type { Revocation, RevokedCertificate } from './revocation.ts'
import type { RevocationEvent } from './revocation-events.ts'

export type RecalledOrder =
  | { readonly kind: 'order'; readonly order: OrderEvent; readonly certificates: readonly CertificateEvent[] }
  | { readonly kind: 'lift'; readonly lift: LiftEvent }

type OrderEvent = Extract<RevocationEvent, { event: 'order' }>
type CertificateEvent = Extract<RevocationEvent, { event: 'certificate' }>
type LiftEvent = Extract<RevocationEvent, { event: 'lift' }>

/** In the order of the events. `events`: a whole part of the chain. */
export function recalledOrders(events: readonly RevocationEvent[]): readonly RecalledOrder[] {
  return events.flatMap((event, at): readonly RecalledOrder[] => {
    if (event.event === 'lift') return [{ kind: 'lift', lift: event }]
    if (event.event === 'certificate') return []
    return [{ kind: 'order', order: event, certificates: certificatesBehind(events, at) }]
  })
}

export function isSameOrder(known: Revocation, { kind, value, reason, atMs }: OrderEvent): boolean {
  return known.kind === kind && known.value === value && known.reason === reason && known.revokedAtMs === atMs
}

export function revocationFrom({ kind, value, reason, banUntilMs, atMs }: OrderEvent, id: number): Revocation {
  return { id, kind, value, reason, banUntilMs, revokedAtMs: atMs, liftedAtMs: undefined }
}

/** Those that have not expired at `nowMs`. */
export function livingOf(
  certificates: readonly CertificateEvent[],
  revocationId: number,
  nowMs: number,
): readonly RevokedCertificate[] {
  return certificates
    .filter(({ notAfterMs }) => notAfterMs > nowMs)
    .map(({ event: _, ...certificate }) => ({ ...certificate, revocationId }))
}

function certificatesBehind(events: readonly RevocationEvent[], order: number): readonly CertificateEvent[] {
  const following = events.slice(order + 1)
  const end = following.findIndex(({ event }) => event !== 'certificate')
  return (end === -1 ? following : following.slice(0, end)) as readonly CertificateEvent[]
}
