/**
 * What was ordered, as small pieces that others can keep: a chain of hashes, so that whoever knows one link and the last
 * hash knows that nothing between them is missing, added or changed.
 */

import { hash } from 'node:crypto'
import type { RevocationReason } from './reasons.ts'
import type { RevocationOrder, RevocationTarget, RevokedCertificate } from './revocation.ts'

/** Certificates follow the order that took them. */
export type RevocationEvent =
  | ({ readonly event: 'order'; readonly atMs: number } & RevocationOrder)
  | ({ readonly event: 'certificate'; readonly reason: RevocationReason } & EventCertificate)
  | ({ readonly event: 'lift'; readonly atMs: number; readonly released: readonly string[] } & RevocationTarget)

export type EventCertificate = Omit<RevokedCertificate, 'revocationId' | 'reason'>

/** A place in the chain: how many events there are, and the hash of all of them. */
export interface ChainHead {
  readonly sequence: number
  readonly hash: Buffer
}

export interface ChainLink extends ChainHead {
  readonly body: Buffer
}

export function encodeEvent(event: RevocationEvent): Buffer {
  return Buffer.from(JSON.stringify(event), 'utf8')
}

/** Of bytes whose hash has been checked. */
export function decodeEvent(body: Buffer): RevocationEvent {
  return JSON.parse(body.toString('utf8')) as RevocationEvent
}

/** The links behind `head` for these bodies. */
export function linked(head: ChainHead, bodies: readonly Buffer[]): readonly ChainLink[] {
  let before = head.hash
  return bodies.map((body, i) => {
    before = hash('sha256', Buffer.concat([before, body]), 'buffer')
    return { sequence: head.sequence + 1 + i, hash: before, body }
  })
}
