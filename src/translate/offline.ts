/** Translation without a daemon: objects in, one proxy's resources out. */

import type { AnyObject } from '../config/kinds/catalogue.ts'
import type { MeshNetworks } from '../config/mesh/mesh-networks-message.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import { objectKey } from '../config/object.ts'
import { createDiscovery } from '../discovery/discovery.ts'
import type { ProxyIdentity } from '../discovery/proxy.ts'
import type { RevokedPeers, RevokedServer } from '../discovery/revocation.ts'
import { createGraph, type Source } from '../graph/graph.ts'
import { systemClock } from '../platform/clock.ts'
import { messageBytes } from '../platform/encoded-resource.ts'
import { silentLog } from '../platform/log.ts'
import { createTranslation } from './engine.ts'
import { decodeExpanded } from './envoy-messages.ts'
import { resourceKinds } from './kinds.ts'
import type { Json } from './message-json.ts'
import type { AnyResourceKind } from './resource-kind.ts'
import { MemoryTable } from './table.ts'

export interface OfflineInput {
  /** Validated. */
  readonly objects: readonly AnyObject[]
  readonly mesh: MeshConfig
  readonly networks?: MeshNetworks
  readonly proxy: ProxyIdentity
  /** All kinds when absent. */
  readonly kinds?: readonly AnyResourceKind[]
  readonly revocations?: OfflineRevocations
  readonly federatedTrustDomains?: readonly string[]
}

export interface OfflineRevocations {
  readonly peers?: RevokedPeers
  readonly servers?: readonly RevokedServer[]
  readonly drain?: number
}

export interface TranslatedResource {
  readonly name: string
  /** Proto JSON with every Any expanded. */
  readonly resource: Json
}

/** By type URL, each sorted by name; types without resources are absent. Throws what a derivation threw. */
export function translateOffline(input: OfflineInput): Readonly<Record<string, readonly TranslatedResource[]>> {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const kinds = input.kinds ?? resourceKinds
  const translation = createTranslation({
    graph,
    discovery,
    kinds,
    createTable: typeUrl => new MemoryTable(typeUrl),
    clock: systemClock,
    log: silentLog,
  })
  // Connected first, so that what the proxy needs is derived in the commit that reports failures.
  const tables = translation.connect(input.proxy)
  const { failures } = translation.commit(() => {
    discovery.mesh.put('mesh', input.mesh)
    if (input.networks !== undefined) discovery.networks.put('mesh', input.networks)
    for (const object of input.objects) {
      // Sound: the source of an object's own kind.
      const source = discovery.sources[object.kind] as unknown as Source<AnyObject>
      source.put(objectKey(object), object)
    }
    const { peers, servers = [], drain } = input.revocations ?? {}
    if (input.federatedTrustDomains !== undefined) {
      discovery.federatedTrustDomains.put('mesh', input.federatedTrustDomains)
    }
    if (peers !== undefined) discovery.revocations.peers.put('mesh', peers)
    for (const [i, server] of servers.entries()) discovery.revocations.servers.put(String(i), server)
    if (drain !== undefined) discovery.revocations.drain.put('mesh', drain)
  })
  const first = failures[0]
  if (first !== undefined) throw first.error
  const byType: Record<string, readonly TranslatedResource[]> = {}
  for (const typeUrl of new Set(kinds.map(kind => kind.typeUrl))) {
    const resources = tables
      .tables(typeUrl)
      .flatMap(table => [...table.resources.values()])
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(resource => ({ name: resource.name, resource: decodeExpanded(typeUrl, messageBytes(resource)) }))
    if (resources.length > 0) byType[typeUrl] = resources
  }
  return byType
}
