/** Proxies that were connected, are not now, and whose workload is still in the registry: somebody should miss them. */

import { addressTerm } from '../../discovery/address.ts'
import type { Facts } from '../../discovery/facts.ts'
import { proxyIdentityFrom } from '../../discovery/proxy-identity.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import type { SessionStatus } from '../../xds/session-status.ts'

export interface AbsentProxies {
  connected(session: SessionStatus): void
  disconnected(session: SessionStatus): void
  /** Cost: the number of proxies that have gone and not come back. */
  list(): readonly AbsentProxy[]
}

export interface AbsentProxy {
  readonly node: string
  readonly identity: string
  readonly sinceMs: number
}

/** More than this have gone: those whose workloads went with them are forgotten. */
const tidyFrom = 1000

export function createAbsentProxies(
  facts: Pick<Facts, 'podsByAddress' | 'entriesByAddress'>,
  nowMs: () => number,
): AbsentProxies {
  const gone = new Map<string, AbsentProxy & { readonly places: readonly string[] }>()
  const connected = new Map<string, number>()
  const isRegistered = (place: string): boolean =>
    facts.podsByAddress.lookup(place).length > 0 || facts.entriesByAddress.lookup(place).length > 0
  const tidy = (): void => {
    for (const [node, { places }] of gone) if (!places.some(isRegistered)) gone.delete(node)
  }
  return {
    connected({ id, node }) {
      connected.set(node.id, id)
      gone.delete(node.id)
    },
    disconnected(session) {
      const { id, node, peer } = session
      // The proxy may have another stream by now.
      if (connected.get(node.id) !== id) return
      connected.delete(node.id)
      const identity = peer.certificate?.uris[0] ?? ''
      gone.set(node.id, { node: node.id, identity, sinceMs: nowMs(), places: placesOf(session) })
      if (gone.size > tidyFrom) tidy()
    },
    list() {
      tidy()
      return [...gone.values()].map(({ places: _, ...proxy }) => proxy).sort((a, b) => (a.node < b.node ? -1 : 1))
    },
  }
}

function placesOf({ node, peer, variant }: SessionStatus): readonly string[] {
  const uri = peer.certificate?.uris[0]
  const { namespace, ipAddresses } = proxyIdentityFrom(
    node,
    uri === undefined ? undefined : parseSpiffeId(uri),
    variant,
  )
  return ipAddresses.map(address => addressTerm(namespace, address))
}
