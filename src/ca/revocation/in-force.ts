/** What is revoked, in memory: orders, the certificates they took, the keys that others have, and the workloads that are withdrawn. */

import { isBanning } from './bans.ts'
import type { Revocation, RevocationTarget, RevokedCertificate, WithdrawnWorkload } from './revocation.ts'
import type { RevocationRecords } from './revocation-records.ts'

export interface InForce {
  /** By id, in their order; also lifted ones. */
  readonly orders: Map<number, Revocation>
  /** By serial number; revoked and not expired. */
  readonly certificates: ReadonlyMap<string, RevokedCertificate>
  /** By node id. */
  readonly withdrawn: Map<string, WithdrawnWorkload>
  load(records: RevocationRecords): void
  /** An id that no order has. */
  nextId(): number
  isCompromised(keyFingerprint: string): boolean
  /** SPIFFE ids whose ban is in force at `nowMs`, sorted. */
  bannedIdentities(nowMs: number): readonly string[]
  /** Orders for it that were not lifted. */
  ordersFor(target: RevocationTarget): readonly Revocation[]
  add(certificate: RevokedCertificate): void
  /** Its workload is back, or its certificate is of no use any more. */
  forget(serialNumber: string): void
}

export function createInForce(): InForce {
  const orders = new Map<number, Revocation>()
  const certificates = new Map<string, RevokedCertificate>()
  /** Keys of certificates that were revoked for their compromise. */
  const compromised = new Set<string>()
  const withdrawn = new Map<string, WithdrawnWorkload>()
  let lastId = 0

  const add = (certificate: RevokedCertificate): void => {
    certificates.set(certificate.serialNumber, certificate)
    if (certificate.reason === 'keyCompromise') compromised.add(certificate.keyFingerprint)
  }
  return {
    orders,
    certificates,
    withdrawn,
    load(records) {
      for (const revocation of records.revocations()) orders.set(revocation.id, revocation)
      for (const certificate of records.revokedCertificates()) add(certificate)
      for (const workload of records.withdrawnWorkloads()) withdrawn.set(workload.nodeId, workload)
      lastId = Math.max(0, ...orders.keys())
    },
    nextId() {
      lastId += 1
      return lastId
    },
    isCompromised: keyFingerprint => compromised.has(keyFingerprint),
    bannedIdentities(nowMs) {
      const banned = [...orders.values()].filter(order => order.kind === 'identity' && isBanning(order, nowMs))
      return [...new Set(banned.map(({ value }) => value))].sort()
    },
    ordersFor: target =>
      [...orders.values()].filter(
        ({ kind, value, liftedAtMs }) => kind === target.kind && value === target.value && liftedAtMs === undefined,
      ),
    add,
    forget(serialNumber) {
      certificates.delete(serialNumber)
      for (const workload of [...withdrawn.values()]) {
        if (workload.serialNumber === serialNumber) withdrawn.delete(workload.nodeId)
      }
    },
  }
}
