/** Whether a request can wait: only a renewal whose certificate still has half its life. */

import type { PeerIdentity, RpcCaller } from '../../platform/rpc.ts'
import type { WorkloadProof } from '../certificates/identity-proof.ts'
import type { Urgency } from './admission.ts'

export function urgencyOf({ evidence }: WorkloadProof, peer: PeerIdentity, nowMs: number): Urgency {
  return evidence.kind === 'client-certificate' ? urgencyOfPeer(peer, nowMs) : 'now'
}

/** Before it is known which of its credentials counts: whoever may have another one than a certificate is not made to wait. */
export function probableUrgency({ peer, metadata }: RpcCaller, nowMs: number): Urgency {
  return metadata.authorization === undefined ? urgencyOfPeer(peer, nowMs) : 'now'
}

function urgencyOfPeer({ certificate }: PeerIdentity, nowMs: number): Urgency {
  if (certificate?.notBeforeMs === undefined) return 'now'
  const { notBeforeMs, notAfterMs } = certificate
  return notAfterMs - nowMs > (notAfterMs - notBeforeMs) / 2 ? 'patient' : 'now'
}
