/** Which workloads use which certificate: what agents report of their Envoys, else what a stream was opened with. */

import type { AgentStatus } from '../../ca/agents/agents.ts'
import type { WithdrawnWorkload } from '../../ca/revocation/revocation.ts'
import { proxyIdentityFrom } from '../../discovery/proxy-identity.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import type { SessionStatus } from '../../xds/session-status.ts'

export type RevokedHolders = readonly WithdrawnWorkload[]

/** Serial numbers by node id. */
export function certificatesInUse(agents: readonly AgentStatus[]): ReadonlyMap<string, string> {
  return new Map(
    agents.flatMap(({ report }) =>
      report.certificate === undefined ? [] : [[report.nodeId, report.certificate.serialNumber] as const],
    ),
  )
}

/** None for a stream without an identity, on the plaintext port. */
export function workloadOf(session: SessionStatus, serialNumber: string): RevokedHolders {
  const uri = session.peer.certificate?.uris[0]
  if (uri === undefined) return []
  const identity = parseSpiffeId(uri)
  const { namespace, serviceAccount, ipAddresses } = proxyIdentityFrom(session.node, identity, session.variant)
  return [{ nodeId: session.node.id, serialNumber, namespace, serviceAccount, addresses: ipAddresses }]
}
