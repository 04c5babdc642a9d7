/** An issuance as an entry of the log, and back: nothing of it is left out, so that the audit can compare them. */

import type { Issuance } from '../store/store.ts'
import type { LogEntry } from './log-entry.ts'

/** A workload that shows the certificate it has is renewing it. */
export function issuanceEntry(issuance: Issuance): LogEntry {
  return {
    kind: issuance.evidence === 'client-certificate' ? 'renewal' : 'issue',
    atMs: issuance.issuedAtMs,
    identity: issuance.identity,
    serialNumber: issuance.serialNumber,
    caller: { evidence: issuance.evidence, detail: issuance.evidenceDetail, peerAddress: issuance.peerAddress },
    certificate: {
      notAfterMs: issuance.notAfterMs,
      keyFingerprint: issuance.keyFingerprint,
      digest: issuance.digest,
      issuerFingerprint: issuance.issuerFingerprint,
    },
  }
}
