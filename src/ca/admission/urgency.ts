/** Whether a request can wait: only a renewal whose certificate still has half its life. */

import type { PeerIdentity } from '../../platform/rpc.ts'
import type { WorkloadProof } from '../identity-proof.ts'
import type { Urgency } from './admission.ts'

export function urgencyOf({ evidence }: WorkloadProof, { certificate }: PeerIdentity, nowMs: number): Urgency {
  if (evidence.kind !== 'client-certificate' || certificate?.notBeforeMs === undefined) return 'now'
  const { notBeforeMs, notAfterMs } = certificate
  return notAfterMs - nowMs > (notAfterMs - notBeforeMs) / 2 ? 'patient' : 'now'
}
