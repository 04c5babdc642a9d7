/** Who does not hold what it should: since when, of which type, which resources, and why. */

import { shortTypeOf } from '../../platform/resource-types.ts'
import type { SessionStatus, TypeStatus } from '../../xds/session-status.ts'
import { proxyNameOf } from './proxy-name.ts'

export interface StaleProxy {
  /** `NAME.NAMESPACE`. */
  readonly proxy: string
  readonly node: string
  /** SPIFFE id of the client certificate; '' on plaintext. */
  readonly identity: string
  readonly version: string
  readonly type: string
  /** RFC 3339; absent where nobody noted it. */
  readonly since?: string
  readonly why: 'refused' | 'not acknowledged' | 'not read' | 'quarantined'
  /** The first few. */
  readonly resources: readonly string[]
  /** The proxy's own words. */
  readonly message?: string
  /** What the refusal is blamed on, `Kind namespace/name: field`. */
  readonly blame?: string
}

const mostResources = 5

/** Cost: the streams, and the resources of those that lag. */
export function staleProxies(
  sessions: Iterable<SessionStatus>,
  {
    quarantinedFor,
    blameFor,
  }: {
    readonly quarantinedFor: (session: SessionStatus, typeUrl: string) => readonly string[]
    readonly blameFor: (typeUrl: string, names: readonly string[]) => string | undefined
  },
): readonly StaleProxy[] {
  const stale: StaleProxy[] = []
  for (const session of sessions) {
    for (const type of session.types) {
      const held = quarantinedFor(session, type.typeUrl)
      const lag = type.isSettled ? undefined : lagOf(type)
      const why = lag ?? (held.length === 0 ? undefined : ({ why: 'quarantined', resources: held } as const))
      if (why === undefined) continue
      const blame = why.why === 'not acknowledged' ? undefined : blameFor(type.typeUrl, why.resources)
      stale.push({
        proxy: proxyNameOf(session.node.id),
        node: session.node.id,
        identity: session.peer.certificate?.uris[0] ?? '',
        version: session.node.userAgentVersion,
        type: shortTypeOf(type.typeUrl),
        ...why,
        resources: why.resources.slice(0, mostResources),
        ...(blame === undefined ? {} : { blame }),
      })
    }
  }
  return stale.sort((a, b) => (a.proxy < b.proxy ? -1 : a.proxy > b.proxy ? 1 : a.type < b.type ? -1 : 1))
}

function lagOf(type: TypeStatus): Pick<StaleProxy, 'since' | 'why' | 'resources' | 'message'> {
  const { lastNack, unackedSinceMs } = type
  if (type.isRefused && lastNack !== undefined) {
    return { why: 'refused', since: isoFrom(lastNack.atMs), resources: type.refusedNames, message: lastNack.message }
  }
  if (unackedSinceMs !== undefined) {
    return { why: 'not acknowledged', since: isoFrom(unackedSinceMs), resources: type.lastChanged }
  }
  return { why: 'not read', resources: [] }
}

const isoFrom = (ms: number): string => new Date(ms).toISOString()
