/**
 * What is revoked, as proxies must know it. The authority's business is put into these sources by the daemon; a
 * translation without an authority has none.
 */

import type { Collection, Graph, Index, Source } from '../graph/graph.ts'
import { type InboundReads, inboundTargetsOf } from './inbound.ts'
import type { ServiceKey } from './service.ts'

/** One item, key `mesh`; absent: nothing is revoked. */
export interface RevokedPeers {
  /** SHA-256 of certificates (DER), lower-case hexadecimal, sorted. */
  readonly digests: readonly string[]
  /** SPIFFE ids, sorted. */
  readonly identities: readonly string[]
}

/** A server whose certificate is revoked, by any unique key. */
export interface RevokedServer {
  readonly namespace: string
  /** Only endpoints of this account, or of an unknown one, are its own, whatever addresses it claims. */
  readonly serviceAccount: string
  readonly addresses: readonly string[]
  /** Digests of its revoked certificates, sorted. */
  readonly digests: readonly string[]
  /**
   * First `marked`: clients end what is open to it when it next speaks. When they have that, `removed`: they
   * forget the endpoint with its idle connections. In one step the first would never arrive.
   */
  readonly stage: 'marked' | 'removed'
  /** Another number ends clients' connections that may lead to it, also silent ones; 0: never asked for. */
  readonly drain: number
}

export interface RevocationSources {
  readonly peers: Source<RevokedPeers>
  readonly servers: Source<RevokedServer>
  /** One item, key `mesh`: grows when connections that say nothing are to be ended too. */
  readonly drain: Source<number>
}

export interface WithdrawnServer extends RevokedServer {
  readonly services: readonly ServiceKey[]
}

export function createRevocationSources(graph: Graph): RevocationSources {
  return {
    peers: graph.source<RevokedPeers>('revokedPeers'),
    servers: graph.source<RevokedServer>('revokedServers'),
    drain: graph.source<number>('revocationDrain'),
  }
}

/** Term: every server that was any service's. */
export const anyService: ServiceKey = '*'

/** Terms: the service that has lost an endpoint, and `anyService`. Costs nothing while nothing is revoked. */
export function deriveWithdrawnServers(
  graph: Graph,
  servers: Collection<RevokedServer>,
  reads: InboundSources,
): Index<WithdrawnServer> {
  const withdrawn = graph.derive({
    name: 'withdrawnServers',
    from: servers,
    reads: { ...reads },
    map: (server, _key, tracked): WithdrawnServer => {
      const targets = inboundTargetsOf(tracked, { namespace: server.namespace, ipAddresses: server.addresses })
      return { ...server, services: [...new Set(targets.map(({ service }) => service))].sort() }
    },
  })
  return withdrawn.index('service', ({ services }) => (services.length === 0 ? [] : [...services, anyService]))
}

/** What `inboundTargetsOf` reads, before it is tracked. */
type InboundSources = {
  readonly [K in keyof InboundReads]: InboundReads[K] extends { lookup(term: string): readonly (infer T)[] }
    ? Index<T>
    : InboundReads[K] extends { get(key: string): infer T | undefined }
      ? Collection<T>
      : never
}
