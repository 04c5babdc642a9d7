/**
 * Which of several services with one hostname a namespace sees. Of those exported to it: its own; else the one of the
 * namespace that a cluster host names, so that nobody can pose as another's service; else a Kubernetes Service; else the
 * oldest; else by namespace.
 */

import { isExportedTo } from '../config/meaning/export-to.ts'
import { namespaceOfHost } from '../config/meaning/hostname.ts'
import { byText } from '../config/meaning/seniority.ts'
import type { Collection, Graph, Index } from '../graph/graph.ts'
import type { MeshService, ServiceKey } from './service.ts'

/** What of a service decides who sees it: its ports and endpoints may change without waking a scope. */
export interface VisibleService {
  readonly key: ServiceKey
  readonly hostname: string
  readonly namespace: string
  readonly exportTo: readonly string[]
  readonly registry: MeshService['registry']
  readonly createdAt: string
  /** Whether its hostname is one that only its namespace can define. */
  readonly ownsHost: boolean
}

export interface Visibility {
  readonly all: Collection<VisibleService>
  readonly byHost: Index<VisibleService>
  readonly byNamespace: Index<VisibleService>
  /** Term: a namespace, or `*`, that it is exported to. */
  readonly byExport: Index<VisibleService>
}

export function deriveVisibility(graph: Graph, services: Collection<MeshService>, domain: string): Visibility {
  const all = graph.derive({
    name: 'visibility',
    from: services,
    reads: {},
    map: ({ key, hostname, namespace, exportTo, registry, createdAt }): VisibleService => {
      const ownsHost = namespaceOfHost(hostname, domain) === namespace
      return Object.freeze({ key, hostname, namespace, exportTo, registry, createdAt, ownsHost })
    },
  })
  return {
    all,
    byHost: all.index('host', ({ hostname }) => [hostname]),
    byNamespace: all.index('namespace', ({ namespace }) => [namespace]),
    byExport: all.index('export', ({ exportTo }) => exportTo),
  }
}

/** The one that a namespace sees of services with one hostname; without a namespace, the one that everybody sees. */
export function winnerOf(candidates: readonly VisibleService[], namespace?: string): VisibleService | undefined {
  let winner: VisibleService | undefined
  for (const candidate of candidates) {
    if (!isExportedTo(candidate.exportTo, namespace ?? '*')) continue
    if (winner === undefined || precedence(candidate, winner, namespace) < 0) winner = candidate
  }
  return winner
}

function precedence(a: VisibleService, b: VisibleService, namespace: string | undefined): number {
  return (
    Number(b.namespace === namespace) - Number(a.namespace === namespace) ||
    Number(b.ownsHost) - Number(a.ownsHost) ||
    Number(b.registry === 'Kubernetes') - Number(a.registry === 'Kubernetes') ||
    byText(a.createdAt, b.createdAt) ||
    byText(a.namespace, b.namespace)
  )
}
